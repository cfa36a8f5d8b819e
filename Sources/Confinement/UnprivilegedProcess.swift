internal import Glibc

/// A forked process that drops Sonde's privileges, before it reads what isn't trusted.
package enum UnprivilegedProcess {
    /// The user that Linux reserves for those who own nothing.
    package static let nobody = UserAccount(id: 65534, group: 65534)

    /// Keeps one descriptor, no capability, no way back to one, and another user where Sonde is root; sets the limits, and
    /// leaves no core file.
    ///
    /// Standard input, output and error lead nowhere: what a library prints there as it ends the process is not trusted.
    ///
    /// - Parameter user: whom to become where Sonde is root.
    package static func enter(
        keeping socket: Int32, as user: UserAccount = nobody, limits: ProcessLimits
    ) throws(ConfinementError) {
        try OpenDescriptors.close(except: [socket])
        for number: Int32 in 0...2 { _ = unsafe open("/dev/null", number == 0 ? O_RDONLY : O_WRONLY) }
        try dropCredentials(user)
        try limits.apply()
    }

    private static func dropCredentials(_ user: UserAccount) throws(ConfinementError) {
        guard geteuid() == 0 else { return try Credentials().apply() }
        do throws(ConfinementError) {
            try Credentials(user: user).apply()
        } catch {
            // A user namespace may have no such user; without capabilities, root is one among others.
            guard error.step == .user || error.step == .groups else { throw error }
            try Credentials().apply()
        }
    }
}
