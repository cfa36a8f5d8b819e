package import ProfileModel

/// All that one look at the host found.
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
    package var cgroupsLeftOut: Int
    /// Processes in the group `other`, while groups beyond the maximum are counted together in it; else 0.
    package var mergedProcesses: Int
    /// Whether the connections of all watched processes could be counted the last time: else those of groups are too few.
    package var hasAllConnections: Bool
    /// Processes that are there and could not be read this time, in ascending order.
    ///
    /// They are not among `processes`, and have not ended; one that can't be read for a dozen looks is given up.
    package var unread: [ProcessID]
    package var cost: LookCost

    package init(
        time: WatchTime, host: HostMeasurement, processes: [ProcessMeasurement], groups: [GroupMeasurement],
        cgroups: [CgroupMemory] = [], cgroupsLeftOut: Int = 0, mergedProcesses: Int = 0,
        hasAllConnections: Bool = true, unread: [ProcessID] = [], cost: LookCost
    ) {
        self.time = time
        self.host = host
        self.processes = processes
        self.groups = groups
        self.cgroups = cgroups
        self.cgroupsLeftOut = cgroupsLeftOut
        self.mergedProcesses = mergedProcesses
        self.hasAllConnections = hasAllConnections
        self.unread = unread
        self.cost = cost
    }
}

/// What a look took, and what it left out.
package struct LookCost: Equatable, Sendable {
    /// CPU seconds of the looking thread.
    package var cpuSeconds: Double
    package var wallSeconds: Double
    /// Processes that ended while they were read.
    package var vanished: Int
    /// Processes of which nothing could be read, as for lack of permission (`hidepid`).
    package var hidden: Int
    /// What was left out to stay within the budget, in words, such as `descriptors`.
    package var shed: [String]

    package init(
        cpuSeconds: Double, wallSeconds: Double, vanished: Int, hidden: Int, shed: [String]
    ) {
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
        self.vanished = vanished
        self.hidden = hidden
        self.shed = shed
    }
}
