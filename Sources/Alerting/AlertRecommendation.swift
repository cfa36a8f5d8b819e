extension AlertType {
    /// The next step for the person who is notified, as one line without hostile text.
    package func recommendation(for subject: AlertSubject) -> String {
        let process = subject.process.map(String.init) ?? "PID"
        return switch self {
        case .processMemory:
            "See where the memory is: sonde memory -p \(process). If that is what it needs, raise its limit "
                + "(MemoryMax= of the unit, the container's limit); else restart it before the kernel kills it."
        case .cgroupMemory:
            "See who uses it: the processes of its cgroup.procs by sonde memory -p PID, and what lies in its tmpfs. If that "
                + "is what it needs, raise its limit; else end or restart the largest."
        case .hostMemory:
            "See who grows: sonde_group_anonymous_memory_bytes by groupname, or ps -eo pid,rss,comm --sort=-rss. "
                + "Restart or limit the largest (MemoryMax=) before the kernel chooses whom to kill."
        case .hostCPU:
            "See who is busy: sonde_group_cpu_seconds_total by groupname, or top. Then what it does: "
                + "sonde record -p PID -d 30, and open the flame graph."
        case .groupCPU:
            "Take the group's busiest process (top) and see what it does: sonde record -p PID -d 30, and open the "
                + "flame graph. If it is load, add capacity; if it is a loop, restart it."
        case .descriptors:
            "See what is open: ls -l /proc/\(process)/fd. Many sockets of one kind are a leak: restart it and fix "
                + "it; else raise LimitNOFILE= of its unit. At the limit it can't accept or open anything."
        case .pool:
            "See who holds the connections: ss -tnp dst ADDRESS. Sessions that are idle in a transaction, or clients "
                + "that don't return them, have to be ended; else raise the pool's maximum on both sides."
        case .leak:
            "See what grows: sonde memory -p \(process), and sonde heap -p \(process) --diff 60; what nothing reaches any more: "
                + "sonde leaks -p \(process). Plan a restart before the time that is left is over, and keep a profile for its "
                + "developers: sonde record -p \(process) -d 60."
        }
    }
}
