package import ProfileModel
import SystemSupport

/// All that one collection found on the host.
package struct HostSnapshot: Sendable {
    package var time: WatchTime
    package var host: HostMeasurement
    /// In ascending order of process number; no kernel threads.
    package var processes: [ProcessMeasurement]
    /// In ascending order of name.
    package var groups: [GroupMeasurement]
    /// Those with a limit below the host's memory that watched processes live in, the fullest first; at most 1000, read at
    /// the interval of `status`.
    ///
    /// A limit no lower than that of a cgroup above it is none of its own.
    package var cgroups: [CgroupMemory]
    /// How many there are beyond those.
    package var droppedCgroups: Int
    /// Processes that are not watched because there are more than `HostWatchSettings.maximumProcesses`; they have not
    /// ended.
    package var droppedProcesses: Int
    /// Processes in the group `other`, while groups beyond the maximum are counted together in it; else 0.
    package var mergedProcesses: Int
    /// Whether the connections of all watched processes could be counted in the last turn: else those of groups are too few.
    package var hasAllConnections: Bool
    /// Processes that are there and could not be read this time, in ascending order.
    ///
    /// They are not among `processes`, and have not ended; one that can't be read in a dozen collections on end is given up.
    package var unread: [ProcessID]
    package var cost: CollectionCost

    package init(
        time: WatchTime, host: HostMeasurement, processes: [ProcessMeasurement], groups: [GroupMeasurement],
        cgroups: [CgroupMemory] = [], droppedCgroups: Int = 0, droppedProcesses: Int = 0, mergedProcesses: Int = 0,
        hasAllConnections: Bool = true, unread: [ProcessID] = [], cost: CollectionCost
    ) {
        self.time = time
        self.host = host
        self.processes = processes
        self.groups = groups
        self.cgroups = cgroups
        self.droppedCgroups = droppedCgroups
        self.droppedProcesses = droppedProcesses
        self.mergedProcesses = mergedProcesses
        self.hasAllConnections = hasAllConnections
        self.unread = unread
        self.cost = cost
    }
}

/// What a collection took, and what it could not do.
package struct CollectionCost: Equatable, Sendable {
    /// CPU seconds of the collecting thread.
    package var cpuSeconds: Double
    package var wallSeconds: Double
    /// Processes that ended while they were read.
    package var vanished: Int
    /// Processes of which nothing could be read, as for lack of permission (`hidepid`).
    package var hidden: Int
    /// Processes whose command line is not read any more because reading it took too long.
    package var quarantined: Int
    /// What was not measured to stay within the budget, in words, such as `descriptors`.
    package var degraded: [String]

    package init(
        cpuSeconds: Double, wallSeconds: Double, vanished: Int, hidden: Int, quarantined: Int = 0, degraded: [String]
    ) {
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
        self.vanished = vanished
        self.hidden = hidden
        self.quarantined = quarantined
        self.degraded = degraded
    }
}

/// What is not measured for as long as the agent exceeds its budget.
package struct Degradation: OptionSet, Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let proportional = Degradation(rawValue: 1 << 0)
    package static let connections = Degradation(rawValue: 1 << 1)
    package static let disk = Degradation(rawValue: 1 << 2)
    package static let descriptors = Degradation(rawValue: 1 << 3)

    /// In the order in which they are disabled: the costliest for its use first.
    package static let inOrder: [Degradation] = [.proportional, .connections, .disk, .descriptors]

    /// In words, as `CollectionCost.degraded` lists it.
    package var names: [String] {
        zip(Self.inOrder, ["proportional", "connections", "disk", "descriptors"])
            .compactMap { contains($0) ? $1 : nil }
    }
}

/// A time by two clocks, in seconds.
package struct WatchTime: Hashable, Sendable {
    /// Windows and rates go by `CLOCK_MONOTONIC`: it never jumps, and stops while the machine is suspended.
    package let monotonic: Double
    /// What people and stores read is `CLOCK_REALTIME`, since 1970 in UTC; it may jump.
    package let wall: Double

    package init(monotonic: Double, wall: Double) {
        self.monotonic = monotonic
        self.wall = wall
    }

    package static var now: WatchTime {
        WatchTime(monotonic: SystemClock.monotonic.seconds, wall: SystemClock.wall.seconds)
    }
}
