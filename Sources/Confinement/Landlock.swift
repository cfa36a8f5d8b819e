internal import CLinux
internal import Glibc
internal import SystemSupport

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
        try restrict(deniesTCP: true) { (_, _) throws(ConfinementError) in }
    }

    /// The same, but for TCP, and for what files are needed for.
    ///
    /// - Parameters:
    ///   - readable: files, and directories below which files are; what doesn't exist is skipped.
    ///   - writable: directories below which files may be made, written, renamed and removed too.
    package static func allowOnly(
        reading readable: [String], writing writable: [String]
    ) throws(ConfinementError) -> Outcome {
        try restrict(deniesTCP: false) { (ruleset, handled) throws(ConfinementError) in
            for path in readable { try allow(Right.reading, on: path, ruleset) }
            for path in writable { try allow((Right.reading | Right.writing) & handled, on: path, ruleset) }
        }
    }

    /// Bits of `LANDLOCK_ACCESS_FS_`: linux/landlock.h.
    private enum Right {
        static let readFile: UInt64 = 1 << 2
        static let reading: UInt64 = readFile | 1 << 3
        /// Writing, removing and making files and directories, truncating (version 3).
        static let writing: UInt64 = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 14
    }

    /// - Parameter addRules: is given the ruleset and the rights on files that it handles.
    private static func restrict(
        deniesTCP: Bool, _ addRules: (Int32, UInt64) throws(ConfinementError) -> Void
    ) throws(ConfinementError) -> Outcome {
        let version = clinux_landlock_version()
        guard version > 0 else { return .unavailable(errno: -version) }
        var handled = rights(of: version)
        if !deniesTCP { handled.network = 0 }
        let number = clinux_landlock_ruleset(handled)
        guard number >= 0 else { throw ConfinementError(.fileAccess, errno: -number) }
        let ruleset = OwnedDescriptor(owning: number)
        try addRules(ruleset.rawValue, handled.file_system)
        let error = clinux_landlock_restrict(ruleset.rawValue)
        guard error == 0 else { throw ConfinementError(.fileAccess, errno: error) }
        return .enforced(version: Int(version))
    }

    private static func allow(_ rights: UInt64, on path: String, _ ruleset: Int32) throws(ConfinementError) {
        guard let place = try? OwnedDescriptor(opening: path, flags: Int32(CLINUX_O_PATH)),
            let kind = try? place.status().kind
        else { return }
        // The kernel refuses rights of directories on anything else.
        let error = clinux_landlock_allow(ruleset, place.rawValue, kind == .directory ? rights : Right.readFile)
        guard error == 0 else { throw ConfinementError(.fileAccess, errno: error) }
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
