import Glibc
import ProcFS
import ProfileModel
import SystemSupport
import TargetProcess

extension HostChecks {
    /// What Sonde's own process may do.
    func permissions() -> [DoctorCheck] {
        guard let own = try? procfs.ownProcess().status() else {
            return [
                .failed(
                    "/proc", "Sonde's own files can't be read there", remedy: "Mount it: `mount -t proc proc /proc`.")
            ]
        }
        return [user(own), capabilities(own), yama(own), seccomp(own), securityModules(), namespace()]
    }

    private func user(_ own: ProcStatus) -> DoctorCheck {
        guard let user = own.user?.effective else { return .unknown("user", "not shown by /proc") }
        return .ok("user", user == 0 ? "root" : "uid \(user)")
    }

    private func capabilities(_ own: ProcStatus) -> DoctorCheck {
        guard let held = own.effectiveCapabilities else { return .unknown("capabilities", "not shown by /proc") }
        let named: [(CapabilitySet, String)] = [
            (.systemPtrace, "SYS_PTRACE"), (.performanceMonitoring, "PERFMON"), (.systemAdministration, "SYS_ADMIN"),
            (.checkpointRestore, "CHECKPOINT_RESTORE"),
        ]
        let names = named.filter { held.contains($0.0) }.map(\.1).joined(separator: ", ")
        if held.contains(.systemPtrace) { return .ok("capabilities", names) }
        return .warning(
            "capabilities",
            "no CAP_SYS_PTRACE\(names.isEmpty ? "" : " (has \(names))"): only own processes can be attached to",
            remedy: AttachRefusal.Escalation(for: own).remedy)
    }

    private func yama(_ own: ProcStatus) -> DoctorCheck {
        guard let level = try? procfs.setting("sys/kernel/yama/ptrace_scope") else {
            return .ok("Yama", "not in this kernel")
        }
        let mayTrace = own.effectiveCapabilities?.contains(.systemPtrace) == true
        if level == 0 || level < 3 && mayTrace { return .ok("Yama", "kernel.yama.ptrace_scope is \(level)") }
        let refusal = AttachRefusal(ProcessID(rawValue: 0), .yama(level: level, .init(for: own)))
        return level < 3
            ? .warning("Yama", refusal.cause, remedy: refusal.remedy)
            : .failed("Yama", refusal.cause, remedy: refusal.remedy, exitCode: refusal.exitCode)
    }

    private func seccomp(_ own: ProcStatus) -> DoctorCheck {
        switch own.seccomp {
        case .disabled: .ok("seccomp", "no filter on Sonde")
        case nil: .unknown("seccomp", "not shown by /proc")
        case .strict, .filter, .other:
            .warning(
                "seccomp", "a filter applies to Sonde's own system calls; it may refuse ptrace or process_vm_readv",
                remedy: "If attaching fails: in Docker, --security-opt seccomp=unconfined.")
        }
    }

    private func securityModules() -> DoctorCheck {
        guard let bytes = try? ProcFS(root: "/sys").bytes(of: "kernel/security/lsm") else {
            return .unknown("security modules", "/sys/kernel/security/lsm can't be read")
        }
        return .ok("security modules", printable(String(decoding: bytes, as: UTF8.self)))
    }

    /// The host's PID namespace has a fixed inode number: PROC_PID_INIT_INO, `include/linux/proc_ns.h`.
    private func namespace() -> DoctorCheck {
        guard let link = try? procfs.ownProcess().link("ns/pid") else {
            return .unknown("PID namespace", "not shown by /proc")
        }
        if link == "pid:[4026531836]" { return .ok("PID namespace", "the host's") }
        return .warning(
            "PID namespace", "a container's own: processes outside it don't exist here",
            remedy: "To see the host's processes: docker run --pid=host (Kubernetes: hostPID: true).")
    }
}
