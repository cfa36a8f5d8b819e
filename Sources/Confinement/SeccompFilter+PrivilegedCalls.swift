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
        // Its flags are in memory, which a filter can't read; the C library takes clone instead.
        filter.add(.fail(errno: ENOSYS), ["clone3"])
        for flag in namespaceFlags { filter.deny("clone", where: .init(argument: 0, .bits(mask: flag, value: flag))) }
        return filter
    }

    /// Denies to start anything but threads.
    package mutating func denyNewProcesses() {
        add(.fail(errno: EPERM), ["fork", "vfork"])
        deny("clone", where: .init(argument: 0, .bits(mask: Self.threadFlag, value: 0)))
    }

    /// Denies sockets, but for those of some address families, and connected pairs.
    package mutating func denySockets(exceptOf allowed: Set<Int32>) {
        let families = Set(allowed.map { UInt64($0) })
        let end = (families.max() ?? 0) + 1
        for family in 0..<end where !families.contains(family) {
            deny("socket", where: .init(argument: 0, .equal(family)))
        }
        deny("socket", where: .init(argument: 0, .atLeast(end)))
        // One of a pair of datagram sockets (2; 3 is the same) can be connected to another one; of streams (1), it can't.
        deny("socketpair", where: .init(argument: 1, .bits(mask: 2, value: 2)))
    }

    private mutating func deny(_ systemCall: String, where condition: Condition) {
        add(Rule(systemCall, .fail(errno: EPERM), where: [condition]))
    }

    /// CLONE_THREAD, and CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: linux/sched.h.
    private static let threadFlag: UInt64 = 1 << 16
    private static let namespaceFlags: [UInt64] = [1 << 17] + (25...30).map { 1 << $0 }

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
