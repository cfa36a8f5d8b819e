/// How Sonde could come by `CAP_SYS_PTRACE`.
package enum PtraceEscalation: Hashable, Sendable {
    /// By root's permissions.
    case superuser
    /// It is root, and gave the capability up or was started without it.
    case raise
    /// The bounding set lacks it, as in a container: not even root can have it.
    case outsideContainer
    /// `no_new_privs` is set, so that sudo can't give it.
    case newSession

    /// From Sonde's own `status`.
    package init(for own: ProcStatus) {
        if own.boundingCapabilities?.contains(.systemPtrace) == false {
            self = .outsideContainer
        } else if own.user?.effective == 0 {
            self = .raise
        } else {
            self = own.hasNoNewPrivileges == true ? .newSession : .superuser
        }
    }

    /// How to come by the capability: one sentence.
    package var remedy: String {
        switch self {
        case .superuser: "Run Sonde with sudo, or give it the capability CAP_SYS_PTRACE."
        case .raise:
            "Sonde runs as root without CAP_SYS_PTRACE: start it with that capability "
                + "(systemd: AmbientCapabilities=CAP_SYS_PTRACE)."
        case .outsideContainer:
            "Give Sonde's container the capability SYS_PTRACE (Docker: --cap-add SYS_PTRACE; Kubernetes: "
                + "securityContext.capabilities.add: [\"SYS_PTRACE\"]), or run Sonde on the host."
        case .newSession:
            "Sonde was started with no_new_privs, so that sudo has no effect: start it elsewhere "
                + "(systemd: NoNewPrivileges=no)."
        }
    }
}
