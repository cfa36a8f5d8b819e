/// A process for good, across restarts of the agent and of the host.
package struct SeriesSubject: Hashable, Sendable {
    /// Of `/proc/sys/kernel/random/boot_id`.
    package let bootID: String
    package let process: Int32
    /// Start time after boot in clock ticks, of proc_pid_stat(5).
    package let startTicks: UInt64

    package init(bootID: String, process: Int32, startTicks: UInt64) {
        self.bootID = bootID
        self.process = process
        self.startTicks = startTicks
    }
}

/// What a process is called; hostile text.
package struct SubjectDescription: Hashable, Sendable {
    package let group: String
    package let command: String
    /// The numeric user.
    package let user: UInt32

    package init(group: String, command: String, user: UInt32) {
        self.group = group
        self.command = command
        self.user = user
    }
}
