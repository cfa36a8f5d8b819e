internal import CLinux
package import ProcFS

/// How far a process is confined, as the kernel says.
package struct ConfinementState: Hashable, Sendable {
    package let user: UInt32
    package let effectiveCapabilities: CapabilitySet
    package let permittedCapabilities: CapabilitySet
    package let boundingCapabilities: CapabilitySet
    package let hasNoNewPrivileges: Bool
    package let seccomp: SeccompMode

    /// `nil` when a field is missing: a kernel without seccomp has no `Seccomp`.
    package init?(_ status: ProcStatus) {
        guard let user = status.user?.effective, let effective = status.effectiveCapabilities,
            let permitted = status.permittedCapabilities, let bounding = status.boundingCapabilities,
            let hasNoNewPrivileges = status.hasNoNewPrivileges, let seccomp = status.seccomp
        else { return nil }
        self.user = user
        effectiveCapabilities = effective
        permittedCapabilities = permitted
        boundingCapabilities = bounding
        self.hasNoNewPrivileges = hasNoNewPrivileges
        self.seccomp = seccomp
    }

    /// Of the calling process.
    package static func own(procfs: ProcFS = ProcFS()) throws(ProcFSError) -> ConfinementState {
        let status = try procfs.ownProcess().status()
        guard let state = ConfinementState(status) else {
            throw .malformed(file: "status", field: "Cap*, NoNewPrivs or Seccomp")
        }
        return state
    }

    /// Whether the calling process may be traced and read by processes of the same user, and leaves core files.
    package static var isDumpable: Bool { clinux_process_control(PR_GET_DUMPABLE, 0, 0) == 1 }

    /// No capability, no way to one, and a filter of system calls.
    package var isUnprivileged: Bool {
        effectiveCapabilities.isEmpty && permittedCapabilities.isEmpty && hasNoNewPrivileges && seccomp == .filter
    }
}
