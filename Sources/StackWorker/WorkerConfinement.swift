package import Confinement
internal import Glibc
package import WorkerProtocol

/// How a worker gives up its rights.
package enum WorkerConfinement {
    /// Symbols and tables of a few dozen large libraries, and the debug information of as many units as are asked for: a
    /// hundred megabytes and two hundred, by the budgets that bound what a hostile file can take, beside the program itself.
    package static let addressSpaceBytes: UInt64 = 768 << 20
    /// In all: deadlines end a worker that hangs much earlier.
    private static let cpuSeconds: UInt64 = 24 * 3600

    /// Of the template, and with it of all workers.
    package static func restrictTemplate(
        keeping socket: Int32, addressSpaceBytes: UInt64 = addressSpaceBytes
    ) throws(ConfinementError) {
        try UnprivilegedProcess.enter(
            keeping: socket,
            limits: ProcessLimits(addressSpaceBytes: addressSpaceBytes, cpuSeconds: cpuSeconds, fileBytes: 0))
    }

    /// Of a worker: system calls and the file system.
    package static func restrictWorker() throws(ConfinementError) -> WorkerState {
        let user = geteuid()
        let landlock = try Landlock.denyAll()
        try filter().load()
        let hasLandlock = if case .enforced = landlock { true } else { false }
        return WorkerState(
            user: user, hasNoCapabilities: true, hasNoNewPrivileges: true, filtersSystemCalls: true,
            hasLandlock: hasLandlock)
    }

    /// A worker whose rights were left as they are.
    package static var unrestricted: WorkerState {
        WorkerState(
            user: geteuid(), hasNoCapabilities: false, hasNoNewPrivileges: false, filtersSystemCalls: false,
            hasLandlock: false)
    }

    /// AT_EMPTY_PATH of <fcntl.h>, which is hidden from Swift.
    private static let emptyPath: UInt64 = 0x1000

    /// Only what reading open files and talking to the tracer takes; everything else fails.
    private static func filter() -> SeccompFilter {
        var filter = SeccompFilter(default: .fail(errno: EPERM))
        filter.add(
            .allow,
            [
                "read", "pread64", "write", "recvmsg", "sendmsg", "poll", "close", "fstat", "lseek", "munmap",
                "mremap", "madvise", "brk", "futex", "clock_gettime", "getrandom", "exit", "exit_group",
                "restart_syscall", "rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "getpid", "gettid", "sched_yield",
            ])
        // glibc's fstat(3).
        filter.add(
            SeccompFilter.Rule(
                "newfstatat", .allow,
                where: [.init(argument: 3, .bits(mask: emptyPath, value: emptyPath))]))
        for call in ["mmap", "mprotect"] {
            filter.add(
                SeccompFilter.Rule(
                    call, .allow, where: [.init(argument: 2, .bits(mask: UInt64(PROT_EXEC), value: 0))]))
        }
        // abort(3), and limits of its own.
        filter.add(SeccompFilter.Rule("tgkill", .allow, where: [.init(argument: 0, .equal(UInt64(getpid())))]))
        filter.add(SeccompFilter.Rule("prlimit64", .allow, where: [.init(argument: 0, .equal(0))]))
        return filter
    }
}
