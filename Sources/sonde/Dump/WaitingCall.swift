/// The call in which a thread waits, as programs name it: `pthread_cond_wait`, not the `futex` behind it.
enum WaitingCall {
    /// The function of the C library that the program called; where it called none, the system call.
    ///
    /// `nil` of a thread that is in no call.
    ///
    /// - Parameter frames: of the thread, leaf first.
    static func name(amid frames: [DumpReport.Row], systemCall: String?) -> String? {
        let library = frames.prefix { isLibrary($0.object) }
        // A thread of the library's own begins in it, too.
        let called = library.last { !$0.name.hasPrefix("[") && !beginnings.contains($0.name) }
        guard systemCall != nil, let called else { return systemCall }
        let name = plain(called.name)
        // Where the library itself waits for a futex, no other name is known.
        return name.hasPrefix("futex_") ? systemCall : jumpTargets[name] ?? name
    }

    /// Where threads and programs begin.
    private static let beginnings: Set<String> = [
        "start_thread", "clone", "__clone", "clone3", "__clone3", "__libc_start_call_main", "__libc_start_main",
        "__libc_start_main_impl", "__GI___clone", "__GI___clone3",
    ]

    /// What glibc's functions (nptl/) end in by a jump, which leaves no frame of theirs.
    private static let jumpTargets = [
        "new_sem_wait_slow": "sem_wait", "new_sem_wait_slow64": "sem_wait", "lll_lock_wait": "pthread_mutex_lock",
        "pthread_clockjoin_ex": "pthread_join", "pthread_cond_wait_common": "pthread_cond_wait",
    ]

    /// glibc before and since 2.34, and musl.
    private static func isLibrary(_ object: String?) -> Bool {
        guard let object else { return false }
        return ["libc.so", "libc-", "libpthread.so", "libpthread-", "ld-musl-"].contains { object.hasPrefix($0) }
    }

    /// Without what glibc puts before names of its own: `__GI___poll`, `___pthread_cond_wait`, `__libc_read`.
    private static func plain(_ name: String) -> String {
        var rest = name.prefix { $0 != "@" }
        for prefix in ["__GI_", "__libc_"] where rest.hasPrefix(prefix) { rest = rest.dropFirst(prefix.count) }
        let bare = rest.drop { $0 == "_" }
        return bare.isEmpty ? name : String(bare)
    }
}
