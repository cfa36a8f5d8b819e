package import Glibc

/// The user who called sudo(8), where Sonde runs as root because of that.
///
/// What Sonde writes or starts for that user belongs to that user.
package struct InvokingUser: Hashable, Sendable {
    package let user: uid_t
    package let group: gid_t

    /// `nil` where Sonde isn't root, or wasn't started by sudo, or by root's own sudo.
    package static let current = InvokingUser(
        effectiveUser: geteuid(), user: environment("SUDO_UID"), group: environment("SUDO_GID"))

    /// - Parameters:
    ///   - user: the value of `SUDO_UID`.
    ///   - group: the value of `SUDO_GID`.
    package init?(effectiveUser: uid_t, user: String?, group: String?) {
        guard effectiveUser == 0, let user = user.flatMap(uid_t.init), user != 0, user != .max,
            let group = group.flatMap(gid_t.init), group != .max
        else { return nil }
        self.user = user
        self.group = group
    }

    private static func environment(_ name: String) -> String? {
        // Safe: the string is copied at once, and Sonde doesn't change its environment.
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}

extension InvokingUser {
    /// What the user database says of the user (passwd(5), group(5)).
    package struct Account: Hashable, Sendable {
        package let name: String
        package let home: String
        package let shell: String
        /// Supplementary groups, the user's own group among them.
        package let groups: [gid_t]

        /// The variables that `sudo -u NAME` sets, and `nil` for those that only sudo's own child has.
        package var environment: [String: String?] {
            [
                "HOME": home, "SHELL": shell, "USER": name, "LOGNAME": name, "MAIL": "/var/mail/\(name)",
                "SUDO_UID": nil, "SUDO_GID": nil, "SUDO_USER": nil, "SUDO_COMMAND": nil, "SUDO_HOME": nil,
            ]
        }
    }

    /// Throws `ENOENT` where there is no such user.
    package func account() throws(SystemCallError) -> Account {
        var buffer = [CChar](repeating: 0, count: 65_536)
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        let result = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            // Safe: the call fills the structure with pointers into the buffer, within its count.
            guard let start = buffer.baseAddress else { return ENOMEM }
            return unsafe getpwuid_r(user, &entry, start, buffer.count, &found)
        }
        guard result == 0 else { throw SystemCallError(call: "getpwuid", errno: result) }
        guard unsafe found != nil else { throw SystemCallError(call: "getpwuid", errno: ENOENT) }
        // Safe: the buffer lives on, and the strings in it are terminated.
        let name = unsafe String(cString: entry.pw_name)
        return unsafe Account(
            name: name, home: String(cString: entry.pw_dir), shell: String(cString: entry.pw_shell),
            groups: groups(of: name))
    }

    private func groups(of name: String) -> [gid_t] {
        var groups = [gid_t](repeating: 0, count: 64)
        while true {
            var count = Int32(groups.count)
            // Safe: the call writes at most `count` groups, and says how many there are.
            let result = unsafe getgrouplist(name, group, &groups, &count)
            if result >= 0 { return Array(groups.prefix(Int(count))) }
            groups = [gid_t](repeating: 0, count: max(Int(count), groups.count * 2))
        }
    }
}
