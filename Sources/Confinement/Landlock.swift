internal import CLinux
internal import Glibc

/// Denying a process access to files whatever their permissions: landlock(7).
package enum Landlock {
    /// What came of a restriction.
    package enum Outcome: Hashable, Sendable {
        /// In force, by this version of the interface.
        case enforced(version: Int)
        /// The kernel doesn't have it, or has it turned off.
        case unavailable(errno: Int32)
    }

    /// The version of the kernel's interface; `nil` where there is none.
    package static var version: Int? {
        let version = clinux_landlock_version()
        return version > 0 ? Int(version) : nil
    }

    /// Denies the calling thread and those it starts to open, list, execute, make, rename or remove any file, for good.
    ///
    /// Where the version allows, also to bind and connect TCP sockets (4), and to reach abstract Unix sockets and signal
    /// processes outside (6). Descriptors that are open stay usable, and so do those that are passed in. The process
    /// needs no_new_privs.
    package static func denyAll() throws(ConfinementError) -> Outcome {
        let version = clinux_landlock_version()
        guard version > 0 else { return .unavailable(errno: -version) }
        let error = clinux_landlock_restrict(rights(of: version))
        guard error == 0 else { throw ConfinementError(.fileAccess, errno: error) }
        return .enforced(version: Int(version))
    }

    /// All rights that a version of the interface knows: the kernel refuses bits that it doesn't.
    private static func rights(of version: Int32) -> clinux_landlock_rights {
        // 13 rights in version 1; then REFER (2), TRUNCATE (3), IOCTL_DEV (5): linux/landlock.h.
        let fileRights: UInt64 =
            switch version {
            case 1: 13
            case 2: 14
            case 3, 4: 15
            default: 16
            }
        return clinux_landlock_rights(
            file_system: (1 << fileRights) - 1, network: version >= 4 ? 0b11 : 0, scoped: version >= 6 ? 0b11 : 0)
    }
}
