internal import AgentConfiguration
package import Confinement
internal import Glibc
package import ProcFS

/// What the agent's own process may do: as another user when it was started as root, with two capabilities, without the
/// system calls that it never needs.
package struct Privileges: Sendable {
    /// The user that is taken where it exists and no other is named.
    package static let standardUser = "sonde"
    /// The number that is taken where there is no such user.
    ///
    /// It is of the range that systemd takes for dynamic users
    /// (61184 to 65519), so that no distribution gives it to anybody.
    package static let fallbackUser: UInt32 = 64797

    /// What reading other users' processes takes.
    ///
    /// `io`, `exe` and the links in `fd` need `CAP_SYS_PTRACE`, and `io` and `fd` `CAP_DAC_READ_SEARCH` too, since only
    /// their owner may open them; `smaps_rollup` and `maps` need `CAP_SYS_PTRACE` alone: proc(5).
    package static let needed: CapabilitySet = [.systemPtrace, .readSearch]

    /// Whom the agent changes to; `nil`: it stays who it is.
    package let user: UserAccount?
    package let capabilities: CapabilitySet

    /// - Parameters:
    ///   - name: the configured user, by name or number; `nil` for none.
    ///   - addresses: where the server listens: a port below 1024 takes `CAP_NET_BIND_SERVICE`.
    package init(user name: String?, listenAddresses addresses: [String]) throws(ConfinementError) {
        let bindsLowPort = addresses.compactMap { ListenAddress($0)?.port }.contains { (1..<1024).contains($0) }
        capabilities = bindsLowPort ? Self.needed.union(.bindService) : Self.needed
        let named: UserAccount? = if let name { try Self.account(name) } else { nil }
        guard geteuid() == 0 else {
            // Who isn't root can't become another user.
            guard named.map({ $0.id == geteuid() }) ?? true else {
                throw ConfinementError(.user, .refused(errno: EPERM))
            }
            user = nil
            return
        }
        let account: UserAccount =
            if let found = named ?? UserAccount(named: Self.standardUser) { found } else { try Self.fallbackAccount() }
        user = account.id == 0 ? nil : account
    }

    private static func account(_ name: String) throws(ConfinementError) -> UserAccount {
        guard let account = UserAccount(named: name) else { throw ConfinementError(.user, .unknownUser(name)) }
        return account
    }

    /// Fails where the number is somebody's.
    private static func fallbackAccount() throws(ConfinementError) -> UserAccount {
        guard UserAccount(numbered: fallbackUser) == nil else {
            throw ConfinementError(.user, .unknownUser(standardUser))
        }
        return UserAccount(id: fallbackUser, group: fallbackUser)
    }

    /// Gives up everything else, for good, for this process and what it executes; it leaves no core file, and who has no
    /// privileges can't read its memory.
    ///
    /// To be called while there is one thread. After an error the process has an intermediate state, and must end.
    package func restrict(procfs: ProcFS = ProcFS()) throws(ConfinementError) {
        try Credentials(user: user, capabilities: capabilities).apply(procfs: procfs)
        try ProcessLimits().apply()
        try SeccompFilter.withoutPrivilegedCalls.load()
    }
}
