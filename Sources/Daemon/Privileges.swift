package import Confinement
package import ProcFS

/// What the agent's own process may do.
package enum Privileges {
    /// What reading other users' processes takes, and listening on ports below 1024.
    ///
    /// `io`, `exe` and the links in `fd` need `CAP_SYS_PTRACE`, and `io` and `fd` `CAP_DAC_READ_SEARCH` too, since only
    /// their owner may open them; `smaps_rollup` and `maps` need `CAP_SYS_PTRACE` alone: proc(5).
    package static let needed: CapabilitySet = [.systemPtrace, .readSearch, .bindService]

    /// Gives up all capabilities but those that are needed, for good, for this process and what it executes.
    package static func restrict(to kept: CapabilitySet = needed, procfs: ProcFS = ProcFS()) throws(ConfinementError) {
        try Credentials(capabilities: kept).apply(procfs: procfs)
    }
}
