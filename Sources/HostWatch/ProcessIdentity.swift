package import ProfileModel

/// A process for good: its number and its start time, since numbers are given again.
package struct ProcessIdentity: Hashable, Sendable {
    package let process: ProcessID
    /// Start time after boot, in clock ticks (`sysconf(_SC_CLK_TCK)` a second), of proc_pid_stat(5).
    package let startTicks: UInt64

    package init(process: ProcessID, startTicks: UInt64) {
        self.process = process
        self.startTicks = startTicks
    }
}
