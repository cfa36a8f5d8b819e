import ProcFS

/// What is watched, how often, and at which cost; intervals are in seconds.
package struct HostWatchSettings: Equatable, Sendable {
    /// Of `stat` and `statm`: which processes there are, their resident memory and CPU.
    package var interval: Double = 5
    /// Of `status` (swap, user) and the limits of cgroups.
    package var statusInterval: Double = 30
    /// Of the count of open descriptors, which costs with their number.
    package var descriptorInterval: Double = 30
    package var diskInterval: Double = 30
    package var connectionInterval: Double = 30
    /// Of `smaps_rollup`, which walks the page tables and holds the target's mmap lock; `nil`: never read.
    package var proportionalInterval: Double?
    /// Of processes with more resident memory `smaps_rollup` is not read, in bytes.
    package var proportionalLimit: UInt64 = 1 << 30
    /// The first rule that matches names the group; with none, a group is a systemd unit, a container or a command.
    package var rules: [GroupRule] = []
    /// Whether a process that no rule matches belongs to its parent's group.
    package var childrenInherit = true
    /// Whether processes that no rule matches are watched in the group that they would have without rules.
    package var watchesUnmatched = true
    /// How long a group of which no process runs stays known.
    package var groupGrace: Double = 300
    /// Groups beyond this number are counted together in the group `other`.
    package var maximumGroups = 1000
    /// Processes beyond this number are not watched: of each user the largest are, equally many of all users.
    package var maximumProcesses = 5000
    package var pools: [PoolSettings] = []

    package init() {}

    /// Whether every process has the same group under the other settings, as long as there are not too many groups.
    func groupsProcesses(as other: HostWatchSettings) -> Bool {
        rules == other.rules && childrenInherit == other.childrenInherit && watchesUnmatched == other.watchesUnmatched
    }
}

/// A connection pool: an endpoint that processes connect to, and how many connections are to be had.
package struct PoolSettings: Equatable, Sendable {
    package var name: String
    /// `ADDRESS:PORT`, or `[ADDRESS]:PORT` for IPv6.
    package var endpoint: String
    package var maximum: Int

    package init(name: String, endpoint: String, maximum: Int) {
        self.name = name
        self.endpoint = endpoint
        self.maximum = maximum
    }

    /// The endpoint as `ConnectionCounts.byRemote` words it, in which an address has one form: `[0:0::1]:53` is
    /// `[::1]:53`, and `[::ffff:10.0.0.1]:53` is `10.0.0.1:53`.
    package var remote: String { SocketEndpoint(parsing: endpoint)?.description ?? endpoint }
}
