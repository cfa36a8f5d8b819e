internal import CLinux
internal import Glibc

/// What a process may use at most, and that nobody without privileges may read its memory.
///
/// A process that exceeds its address space gets ENOMEM, its CPU time SIGXCPU and a second later SIGKILL, its file size
/// SIGXFSZ, its descriptors EMFILE: setrlimit(2). A limit beyond the hard limit in force is lowered to that.
package struct ProcessLimits: Hashable, Sendable {
    package var addressSpaceBytes: UInt64?
    /// Of all threads together, from the start of the process.
    package var cpuSeconds: UInt64?
    package var openDescriptors: UInt64?
    /// How large a file it may write.
    package var fileBytes: UInt64?

    package init(
        addressSpaceBytes: UInt64? = nil, cpuSeconds: UInt64? = nil, openDescriptors: UInt64? = nil,
        fileBytes: UInt64? = nil
    ) {
        self.addressSpaceBytes = addressSpaceBytes
        self.cpuSeconds = cpuSeconds
        self.openDescriptors = openDescriptors
        self.fileBytes = fileBytes
    }

    /// Sets these limits, no core file, and `PR_SET_DUMPABLE` 0.
    ///
    /// A change of the user makes a process dumpable or not by `fs.suid_dumpable`: to be called after it.
    package func apply() throws(ConfinementError) {
        try Self.set(RLIMIT_CORE, 0)
        if let addressSpaceBytes { try Self.set(RLIMIT_AS, addressSpaceBytes) }
        if let cpuSeconds { try Self.set(RLIMIT_CPU, cpuSeconds, hard: cpuSeconds + 1) }
        if let openDescriptors { try Self.set(RLIMIT_NOFILE, openDescriptors) }
        if let fileBytes { try Self.set(RLIMIT_FSIZE, fileBytes) }
        let result = clinux_process_control(PR_SET_DUMPABLE, 0, 0)
        guard result >= 0 else { throw ConfinementError(.dumpable, errno: Int32(-result)) }
    }

    private static func set(
        _ resource: __rlimit_resource, _ value: UInt64, hard: UInt64? = nil
    ) throws(ConfinementError) {
        let resource = __rlimit_resource_t(resource.rawValue)
        var limit = rlimit()
        // Safe: the structure outlives both calls.
        guard unsafe getrlimit(resource, &limit) == 0 else { throw ConfinementError(.limits, errno: errno) }
        limit.rlim_max = min(limit.rlim_max, rlim_t(hard ?? value))
        limit.rlim_cur = min(limit.rlim_max, rlim_t(value))
        guard unsafe setrlimit(resource, &limit) == 0 else { throw ConfinementError(.limits, errno: errno) }
    }
}
