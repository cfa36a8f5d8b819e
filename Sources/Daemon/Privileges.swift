internal import CLinux
internal import Glibc
package import ProcFS

/// What the agent's own process may do.
package enum Privileges {
    /// What reading other users' processes takes, and listening on ports below 1024.
    ///
    /// `io`, `exe` and the links in `fd` need `CAP_SYS_PTRACE`, and `io` and `fd` `CAP_DAC_READ_SEARCH` too, since only
    /// their owner may open them; `smaps_rollup` and `maps` need `CAP_SYS_PTRACE` alone: proc(5).
    package static let needed: CapabilitySet = [.systemPtrace, .readSearch, .bindService]

    /// Gives up all capabilities but those that are needed, for good, for this process and what it executes.
    ///
    /// Capabilities belong to threads: it is refused once there are several.
    package static func restrict(to kept: CapabilitySet = needed, procfs: ProcFS = ProcFS()) throws(PrivilegeError) {
        guard let threads = try? procfs.ownProcess().stat().threadCount else { throw .unknownThreads }
        guard threads == 1 else { throw .severalThreads(threads) }
        let error = clinux_restrict_privileges(kept.rawValue)
        guard error == 0 else { throw .refused(errno: error) }
    }
}

/// Why capabilities could not be given up; the agent then runs on with them.
package enum PrivilegeError: Error, Hashable, Sendable {
    case unknownThreads
    case severalThreads(UInt64)
    case refused(errno: Int32)
}

extension PrivilegeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownThreads: "capabilities are kept: /proc doesn't show the agent's own threads"
        case .severalThreads(let count): "capabilities are kept: there are \(count) threads already"
        case .refused(let number): "capabilities are kept: the kernel refused to drop them: \(errorText(number))"
        }
    }
}
