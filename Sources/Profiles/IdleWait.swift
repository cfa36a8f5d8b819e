import ProfileModel

/// Functions in which a thread sleeps until there is work for it: a stack that ends in one shows no delay.
///
/// What waits for a lock or for data of a certain file is none of them.
package enum IdleWait {
    /// What the innermost function of a stack says of it.
    package enum Sign: Hashable, Sendable {
        /// The thread waits for work.
        case waits
        /// Code of the kernel or the entry to it: the function that calls it says more.
        case entersKernel
        case works
    }

    /// Functions of glibc, musl and Go's runtime, without leading underscores and versions.
    private static let waits: Set<String> = [
        "accept", "accept4", "clock_nanosleep", "clock_nanosleep_time64", "do_futex_wait", "epoll_pwait",
        "epoll_pwait2", "epoll_wait", "epoll_wait_old", "futex_abstimed_wait", "futex_abstimed_wait64",
        "futex_abstimed_wait_cancelable", "futex_abstimed_wait_cancelable64", "futex_abstimed_wait_common",
        "futex_abstimed_wait_common64", "futex_wait", "futex_wait_cancelable", "internal/runtime/syscall.EpollWait",
        "io_getevents", "libc_accept", "libc_pause", "nanosleep", "new_sem_wait_slow", "new_sem_wait_slow64", "pause",
        "poll", "poll_chk", "ppoll", "ppoll64", "ppoll_chk", "pselect", "pselect64", "pthread_clockjoin_ex",
        "pthread_cond_clockwait", "pthread_cond_clockwait64", "pthread_cond_timedwait", "pthread_cond_timedwait64",
        "pthread_cond_wait", "pthread_join", "runtime.epollwait", "runtime.futex", "runtime.usleep",
        "runtime/internal/syscall.EpollWait", "select", "select64", "sem_clockwait", "sem_timedwait", "sem_wait",
        "sigsuspend", "sigtimedwait", "sigwait", "sigwaitinfo", "timedwait", "timedwait_cp", "wait4", "waitid",
        "waitpid",
    ]

    private static let entries: Set<String> = [
        "internal/runtime/syscall.Syscall6", "internal_syscall_cancel", "runtime/internal/syscall.Syscall6", "syscall",
        "syscall_cancel", "syscall_cancel_arch", "syscall_cp", "syscall_cp_asm", "syscall_cp_c",
    ]

    package static func sign(of label: CallTree.Label) -> Sign {
        switch label.kind {
        case .kernel: sign(of: label.name.text, kind: .kernel)
        case .native, .inlined: sign(of: label.name.text, kind: .native)
        case .group, .jit, .python, .unknown, .truncated: .works
        }
    }

    static func sign(of name: String, kind: FrameKind) -> Sign {
        if kind == .kernel { return .entersKernel }
        guard kind == .native else { return .works }
        let plain = plain(name)
        if entries.contains(plain) { return .entersKernel }
        // The function of Rust's standard library has a path, which differs from version to version.
        return waits.contains(plain) || name.hasSuffix("::futex_wait") ? .waits : .works
    }

    /// `__GI___poll` and `poll@@GLIBC_2.2.5` as `poll`.
    private static func plain(_ name: String) -> String {
        let base = name.prefix { $0 != "@" && $0 != "(" }.drop { $0 == "_" }
        return String(base.hasPrefix("GI_") ? base.dropFirst(3).drop { $0 == "_" } : base)
    }
}

extension Profile {
    /// Whether threads that sleep are among the samples, or may be: a profile of CPU time has none.
    package var mayHaveIdleWaits: Bool { !sampleTypes.contains(.cpu) }

    /// The profile without the stacks that end in idle waits.
    package func withoutIdleWaits() -> Profile {
        guard mayHaveIdleWaits else { return self }
        let signs = functions.rows.map { IdleWait.sign(of: self[text: $0.name], kind: $0.kind) }
        var result = self
        result.samplesByKey = Table()
        (result.values, result.runs) = ([], [])
        for (sample, key) in zip(samples, samplesByKey.rows) where !isIdle(sample, signs) {
            _ = result.samplesByKey.index(adding: key)
            result.values += sample.values
            result.runs.append(sample.runs)
        }
        result.recount()
        return result
    }

    private func isIdle(_ sample: Sample, _ signs: [IdleWait.Sign]) -> Bool {
        let functions = locations(of: sample.stack).lazy.flatMap { locations[$0].lines.map(\.function.position) }
        return functions.first { signs[$0] != .entersKernel }.map { signs[$0] == .waits } ?? false
    }
}
