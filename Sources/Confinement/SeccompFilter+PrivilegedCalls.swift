internal import Glibc

extension SeccompFilter {
    /// For processes that use a network, threads and files of their own: without calls that reach into other processes,
    /// change the host or the process's rights, execute programs, or have had many errors.
    package static var withoutPrivilegedCalls: SeccompFilter {
        var filter = SeccompFilter(default: .allow)
        let denied = [
            reachingIntoProcesses, changingNamespaces, changingTheHost, changingCredentials, executing, keyring,
            exoticMemory,
        ]
        for calls in denied { filter.add(.fail(errno: EPERM), calls) }
        return filter
    }

    private static let reachingIntoProcesses = [
        "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "perf_event_open",
        "bpf", "fanotify_init", "name_to_handle_at", "open_by_handle_at", "lookup_dcookie",
    ]
    private static let changingNamespaces = [
        "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
        "fspick",
        "mount_setattr", "setns", "unshare",
    ]
    private static let changingTheHost = [
        "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff",
        "acct", "quotactl", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname",
        "setdomainname", "iopl", "ioperm", "vhangup", "mknod", "mknodat",
    ]
    private static let changingCredentials = [
        "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
        "capset",
        "chown", "fchown", "lchown", "fchownat",
    ]
    private static let executing = ["execve", "execveat", "personality", "modify_ldt"]
    private static let keyring = ["add_key", "request_key", "keyctl"]
    private static let exoticMemory = [
        "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "mbind", "set_mempolicy",
        "migrate_pages",
        "move_pages", "memfd_secret",
    ]
}
