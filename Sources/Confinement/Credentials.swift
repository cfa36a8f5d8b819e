internal import CLinux
internal import Glibc
package import ProcFS

/// The user, groups and capabilities that a process goes on with.
package struct Credentials: Hashable, Sendable {
    /// Whom to run as, without supplementary groups; `nil`: user and groups stay as they are.
    package var user: UserAccount?
    /// What is kept of the capabilities that the process has; it gains none.
    package var capabilities: CapabilitySet
    /// Whether programs that it executes have the capabilities too.
    package var areInherited: Bool

    package init(user: UserAccount? = nil, capabilities: CapabilitySet = [], areInherited: Bool = false) {
        self.user = user
        self.capabilities = capabilities
        self.areInherited = areInherited
    }

    /// Gives up everything else, for good, and sets no_new_privs.
    ///
    /// Capabilities belong to threads: it is refused once there are several. After an error the process has an
    /// intermediate state, and should end.
    package func apply(procfs: ProcFS = ProcFS()) throws(ConfinementError) {
        try Self.requireOneThread(procfs)
        // While CAP_SETPCAP is there: a change of the user clears it.
        try dropFromBoundingSet()
        if let user { try change(to: user) }
        try restrictCapabilities()
        try Self.control(.noNewPrivileges, PR_SET_NO_NEW_PRIVS, 1)
        try verify()
    }

    private static func requireOneThread(_ procfs: ProcFS) throws(ConfinementError) {
        let count: UInt64
        do throws(ProcFSError) {
            count = try procfs.ownProcess().stat().threadCount
        } catch {
            throw ConfinementError(.capabilities, .unreadableProcess(error))
        }
        guard count == 1 else { throw ConfinementError(.capabilities, .severalThreads(count)) }
    }

    private func dropFromBoundingSet() throws(ConfinementError) {
        for number in 0..<UInt(UInt64.bitWidth) where capabilities.rawValue >> number & 1 == 0 {
            let result = clinux_process_control(PR_CAPBSET_DROP, number, 0)
            // EINVAL: the kernel has no such capability. EPERM: without CAP_SETPCAP the set can't be changed, and
            // no_new_privs keeps an executed program from gaining anything by it.
            guard result >= 0 || result == -Int(EINVAL) || result == -Int(EPERM) else {
                throw ConfinementError(.capabilities, errno: Int32(-result))
            }
        }
    }

    private func change(to user: UserAccount) throws(ConfinementError) {
        // The kernel forgets the signal at the parent's death when the user changes.
        var signal: Int32 = 0
        // Safe: the kernel writes one int there.
        unsafe withUnsafeMutablePointer(to: &signal) { place in
            _ = clinux_process_control(PR_GET_PDEATHSIG, UInt(bitPattern: place), 0)
        }
        // Otherwise the kernel clears the permitted set when the last user ID changes from 0.
        try Self.control(.user, PR_SET_KEEPCAPS, 1)
        guard setgroups(0, nil) == 0 else { throw ConfinementError(.groups, errno: errno) }
        try Self.check(.groups, clinux_set_group(user.group))
        try Self.check(.user, clinux_set_user(user.id))
        try Self.control(.user, PR_SET_KEEPCAPS, 0)
        try Self.control(.user, PR_SET_PDEATHSIG, UInt(signal.magnitude))
    }

    private func restrictCapabilities() throws(ConfinementError) {
        var sets = try Self.capabilitySets()
        sets.permitted &= capabilities.rawValue
        sets.effective = sets.permitted
        sets.inheritable = areInherited ? sets.permitted : 0
        // The ambient set follows the inheritable one: capabilities(7).
        try Self.check(.capabilities, clinux_set_capabilities(sets))
        guard areInherited else { return }
        for number in 0..<UInt(UInt64.bitWidth) where sets.permitted >> number & 1 == 1 {
            try Self.control(.ambientCapabilities, PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_RAISE), number)
        }
    }

    /// Whether what was asked for is what the kernel says.
    private func verify() throws(ConfinementError) {
        let sets = try Self.capabilitySets()
        guard (sets.permitted | sets.effective) & ~capabilities.rawValue == 0 else {
            throw ConfinementError(.capabilities, .notInForce)
        }
        guard clinux_process_control(PR_GET_NO_NEW_PRIVS, 0, 0) == 1 else {
            throw ConfinementError(.noNewPrivileges, .notInForce)
        }
        guard let user else { return }
        guard getuid() == user.id, geteuid() == user.id else { throw ConfinementError(.user, .notInForce) }
        guard getgid() == user.group, getegid() == user.group else { throw ConfinementError(.groups, .notInForce) }
    }

    private static func capabilitySets() throws(ConfinementError) -> clinux_capabilities {
        var sets = clinux_capabilities()
        // Safe: the structure outlives the call.
        try check(.capabilities, unsafe clinux_get_capabilities(&sets))
        return sets
    }

    private static func check(_ step: ConfinementError.Step, _ error: Int32) throws(ConfinementError) {
        guard error == 0 else { throw ConfinementError(step, errno: error) }
    }

    private static func control(
        _ step: ConfinementError.Step, _ option: Int32, _ argument: UInt, _ second: UInt = 0
    ) throws(ConfinementError) {
        let result = clinux_process_control(option, argument, second)
        guard result >= 0 else { throw ConfinementError(step, errno: Int32(-result)) }
    }
}
