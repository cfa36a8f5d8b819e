package import ProcFS

/// What the agent can't read of the host and of other users' processes here, and why.
package enum Visibility {
    /// Each with its remedy; empty where everything can be read.
    package static func limitations(_ procfs: ProcFS = ProcFS()) -> [String] {
        guard let own = try? procfs.ownProcess().status() else {
            return ["/proc shows nothing of the agent itself. Mount it: `mount -t proc proc /proc`."]
        }
        return [host(procfs), tracing(own), files(own), hiding(procfs, own), namespace(procfs)].compactMap { $0 }
    }

    private static func host(_ procfs: ProcFS) -> String? {
        guard procfs.showsProcessesOnly else { return nil }
        return
            "/proc shows processes only (subset=pid): they are watched, and the host's own memory, CPU, disk and network "
            + "are unknown. Mount it whole: `mount -t proc proc /proc`; in a systemd unit, ProcSubset=all."
    }

    private static func tracing(_ own: ProcStatus) -> String? {
        guard own.effectiveCapabilities?.contains(.systemPtrace) != true else { return nil }
        return "No CAP_SYS_PTRACE: disk I/O, connections by process, descriptors and proportional memory of other "
            + "users' processes are unknown. \(PtraceEscalation(for: own).remedy)"
    }

    private static func files(_ own: ProcStatus) -> String? {
        guard let effective = own.effectiveCapabilities, effective.contains(.systemPtrace),
            effective.isDisjoint(with: [.readSearch, .overrideAccess])
        else { return nil }
        return "No CAP_DAC_READ_SEARCH: disk I/O and connections by process of other users' processes are unknown. "
            + "Give it to the agent (systemd: AmbientCapabilities=CAP_SYS_PTRACE CAP_DAC_READ_SEARCH)."
    }

    private static func hiding(_ procfs: ProcFS, _ own: ProcStatus) -> String? {
        guard procfs.hidesProcesses, own.effectiveCapabilities?.contains(.systemPtrace) != true else { return nil }
        return "/proc hides other users' processes (hidepid): they are not watched at all. Give the agent "
            + "CAP_SYS_PTRACE, or remount: `mount -o remount,hidepid=0 /proc`; in a systemd unit, no ProtectProc."
    }

    /// The host's PID namespace has a fixed inode number: PROC_PID_INIT_INO, `include/linux/proc_ns.h`.
    private static func namespace(_ procfs: ProcFS) -> String? {
        guard let link = try? procfs.ownProcess().link("ns/pid"), link != "pid:[4026531836]" else { return nil }
        return
            "The agent runs in a container's PID namespace: processes outside it are not watched. Run it on the host, "
            + "or with the host's PID namespace (Docker: --pid=host; Kubernetes: hostPID: true)."
    }
}
