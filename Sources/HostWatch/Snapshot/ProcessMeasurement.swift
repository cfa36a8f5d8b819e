package import ProfileModel

/// What was measured of one process.
package struct ProcessMeasurement: Sendable {
    package let identity: ProcessIdentity
    /// The label of the group that it belongs to: `GroupMeasurement.name`.
    package var group: String
    /// `comm`, as the process set it: hostile text of any content.
    package var command: String
    /// The effective user.
    package var user: UInt32
    /// When it began, in seconds of `CLOCK_MONOTONIC`'s scale as far as that is known; never later than now.
    package var startedAt: Double
    package var memory: ProcessMemory
    package var cpu: ProcessorTimes
    package var threads: UInt64
    package var descriptors: Known<DescriptorUse>
    /// Bytes since its start that went to and came from block devices: `io`, proc_pid_io(5).
    package var disk: Known<DiskTransfer>
    package var connections: Known<ConnectionCounts>

    package init(
        identity: ProcessIdentity, group: String, command: String, user: UInt32, startedAt: Double,
        memory:
            ProcessMemory, cpu: ProcessorTimes, threads: UInt64, descriptors: Known<DescriptorUse>,
        disk:
            Known<DiskTransfer>, connections: Known<ConnectionCounts>
    ) {
        self.identity = identity
        self.group = group
        self.command = command
        self.user = user
        self.startedAt = startedAt
        self.memory = memory
        self.cpu = cpu
        self.threads = threads
        self.descriptors = descriptors
        self.disk = disk
        self.connections = connections
    }
}

/// The memory that a process may use before it, or its cgroup, is killed, or held up by `memory.high`.
package struct MemoryLimit: Hashable, Sendable {
    package enum Source: String, Sendable {
        /// The lowest limit among the process's cgroup and the groups above it.
        case cgroup
        /// All memory of the host.
        case host
    }

    package let bytes: UInt64
    package let source: Source

    package init(bytes: UInt64, source: Source) {
        self.bytes = bytes
        self.source = source
    }
}

/// CPU time since the start, in seconds.
package struct ProcessorTimes: Equatable, Sendable {
    package var user: Double
    package var system: Double

    package init(user: Double, system: Double) {
        self.user = user
        self.system = system
    }
}

package struct DescriptorUse: Equatable, Sendable {
    package var open: UInt64
    /// The soft limit; `nil` when unlimited.
    package var limit: UInt64?

    package init(open: UInt64, limit: UInt64?) {
        self.open = open
        self.limit = limit
    }
}

/// Bytes since the start.
package struct DiskTransfer: Equatable, Sendable {
    package var read: UInt64
    package var written: UInt64

    package init(read: UInt64, written: UInt64) {
        self.read = read
        self.written = written
    }
}

/// TCP connections of a process.
package struct ConnectionCounts: Equatable, Sendable {
    package var byState: [TCPState: Int]
    /// Established connections by remote endpoint, `ADDRESS:PORT` (`[ADDRESS]:PORT` for IPv6); bounded.
    package var byRemote: [String: Int]

    package init(byState: [TCPState: Int], byRemote: [String: Int]) {
        self.byState = byState
        self.byRemote = byRemote
    }
}

/// `include/net/tcp_states.h`.
package enum TCPState: UInt8, CaseIterable, Sendable {
    case established = 1
    case synSent, synReceived, finWait1, finWait2, timeWait, close, closeWait, lastAck, listen, closing

    /// The name that ss(8) and exporters use, such as `established` or `time_wait`.
    package var name: String {
        switch self {
        case .established: "established"
        case .synSent: "syn_sent"
        case .synReceived: "syn_received"
        case .finWait1: "fin_wait1"
        case .finWait2: "fin_wait2"
        case .timeWait: "time_wait"
        case .close: "close"
        case .closeWait: "close_wait"
        case .lastAck: "last_ack"
        case .listen: "listen"
        case .closing: "closing"
        }
    }
}

/// What identifies a process: its number, which the kernel assigns again, and its start time.
package struct ProcessIdentity: Hashable, Sendable {
    package let process: ProcessID
    /// Start time after boot, in clock ticks (`sysconf(_SC_CLK_TCK)` a second), of proc_pid_stat(5).
    package let startTicks: UInt64

    package init(process: ProcessID, startTicks: UInt64) {
        self.process = process
        self.startTicks = startTicks
    }
}
