/// The processes of one group together, those that have ended included where a total counts up.
///
/// While one of them can't be read, sums over those that run would be too low, and are `.notRead`.
package struct GroupMeasurement: Sendable {
    /// Which kind of thing the group is: part of its identity.
    package let kind: GroupKind
    /// The label, which no other group has: `GroupKey` says how it is made.
    package let name: String
    /// How many run now, with those that can't be read; a group of which none runs stays for the grace period, with its
    /// totals.
    package var processes: Int
    package var threads: Known<UInt64>
    package var resident: Known<UInt64>
    package var anonymous: Known<UInt64>
    /// Of the processes whose swap is known.
    package var swap: Known<UInt64>
    package var virtual: Known<UInt64>
    package var proportional: Known<UInt64>
    /// The largest share of its limit that a process uses, 0 to 1.
    package var highestLimitShare: Known<Double>
    /// Only grows while the group is known.
    package var cpu: ProcessorTimes
    package var openDescriptors: Known<UInt64>
    /// The largest share of its descriptor limit that a process uses, 0 to 1.
    package var highestDescriptorShare: Known<Double>
    /// Only grows while the group is known.
    package var disk: Known<DiskTransfer>
    package var connections: Known<ConnectionCounts>
    /// Processes of the group of which something could not be read, by what: `descriptors`, `disk`, …; and
    /// `process` for those of which nothing could, see `HostSnapshot.unread`.
    package var unreadable: [String: Int]
    /// Processes that have ended since the group is known, as far as a collection found them.
    package var ended: UInt64

    package init(
        kind: GroupKind = .command, name: String, processes: Int, threads: Known<UInt64>, resident: Known<UInt64>,
        anonymous: Known<UInt64>,
        swap: Known<UInt64>, virtual: Known<UInt64>, proportional: Known<UInt64>, highestLimitShare: Known<Double>,
        cpu: ProcessorTimes, openDescriptors: Known<UInt64>, highestDescriptorShare: Known<Double>,
        disk: Known<DiskTransfer>,
        connections: Known<ConnectionCounts>, unreadable: [String: Int], ended: UInt64
    ) {
        self.kind = kind
        self.name = name
        self.processes = processes
        self.threads = threads
        self.resident = resident
        self.anonymous = anonymous
        self.swap = swap
        self.virtual = virtual
        self.proportional = proportional
        self.highestLimitShare = highestLimitShare
        self.cpu = cpu
        self.openDescriptors = openDescriptors
        self.highestDescriptorShare = highestDescriptorShare
        self.disk = disk
        self.connections = connections
        self.unreadable = unreadable
        self.ended = ended
    }
}
