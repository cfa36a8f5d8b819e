internal import ProcFS
internal import SystemSupport

extension AttachRefusal: CustomStringConvertible {
    package var description: String { "\(cause). \(remedy)" }

    /// What stands in the way: a clause without a full stop, fit for one line of a terminal.
    package var cause: String {
        switch reason {
        case .noSuchProcess: "there is no process \(process)"
        case .threadOf(let owner): "\(process) is a thread of process \(owner)"
        case .numberedInContainer(let found):
            "there is no process \(process) here; inside its container, process \(Self.list(found)) has that number"
        case .hiddenProcesses: "no process \(process) is visible, and /proc hides other users' processes (hidepid)"
        case .isSelf: "process \(process) is Sonde itself"
        case .zombie(let parent):
            "process \(process) has ended\(parent.map { "; \(Self.text($0)) hasn't noticed yet" } ?? "")"
        case .kernelThread(let name): "process \(process) (\(printable(name))) is a kernel thread"
        case .alreadyTraced(let tracer): "process \(process) is traced already, by \(Self.text(tracer))"
        case .thirtyTwoBit: "process \(process) runs a 32-bit program"
        case .otherUser(let user, _): "process \(process) belongs to another user (uid \(user))"
        case .morePrivileged: "process \(process) has capabilities that Sonde doesn't have"
        case .notDumpable: "process \(process) doesn't let others of its user read it (it is not dumpable)"
        case .yama(let level, _):
            "the kernel's Yama setting kernel.yama.ptrace_scope is \(level): \(Self.meaning(ofYama: level))"
        case .systemCallFiltered: "a seccomp filter on Sonde's own process forbids ptrace"
        case .shielded:
            "a security module (SELinux, AppArmor, BPF, …) or an outer user namespace shields process \(process) from Sonde"
        case .failed(let errno): "the kernel refused to let process \(process) be traced: \(errorText(errno))"
        }
    }

    /// What to do: one or more sentences.
    package var remedy: String {
        switch reason {
        case .noSuchProcess: "Look it up with `ps -e`, or attach by name with `-n`."
        case .threadOf(let owner): "Attach to the process: `-p \(owner)`; it has all the threads."
        case .numberedInContainer(let found):
            "Use the number that it has here: \(found.map { "`-p \($0)`" }.joined(separator: " or "))."
        case .hiddenProcesses: "Run Sonde with sudo, or remount: `mount -o remount,hidepid=0 /proc`."
        case .isSelf: "Choose another process; to profile Sonde, attach a second one."
        case .zombie: "It runs no code any more; check its parent, or at its successor with `-n`."
        case .kernelThread:
            "It has no memory and no stack of its own in user space; `perf record -g -t \(process)` shows kernel stacks."
        case .alreadyTraced(let tracer):
            "A process has one tracer at most: detach it there, or end process \(tracer.id), and try again."
        case .thirtyTwoBit: "Sonde reads 64-bit processes only; gdb reads this one."
        case .otherUser(_, let way), .morePrivileged(let way), .notDumpable(let way): way.remedy
        case .yama(let level, let way): Self.remedy(forYama: level, way)
        case .systemCallFiltered:
            "Run Sonde's container with a seccomp profile that allows ptrace and process_vm_readv "
                + "(Docker: --security-opt seccomp=unconfined), or run Sonde on the host."
        case .shielded:
            "`dmesg` or `ausearch -m avc` names a module's rule; if Sonde runs in a container, run it on the host."
        case .failed:
            "`sonde doctor -p \(process)` lists all that was polled; its tracer may be on the host, not visible here."
        }
    }

    private static func text(_ participant: Participant) -> String {
        "\(printable(participant.name)) (PID \(participant.id))"
    }

    private static func list(_ values: [some CustomStringConvertible]) -> String {
        values.map(\.description).joined(separator: ", ")
    }

    /// Documentation/admin-guide/LSM/Yama.rst.
    private static func meaning(ofYama level: Int) -> String {
        switch level {
        case 1: "only a process's ancestors may trace it"
        case 2: "only CAP_SYS_PTRACE may trace"
        default: "nobody may trace, not even root"
        }
    }

    private static func remedy(forYama level: Int, _ way: Escalation) -> String {
        switch level {
        case 1:
            way.remedy
                + " Or start the program by `sonde record -- COMMAND`, or set `sysctl kernel.yama.ptrace_scope=0`."
        case 2: way.remedy
        default: "Set kernel.yama.ptrace_scope to 2 or less in /etc/sysctl.d and reboot; at 3 it can't be lowered."
        }
    }
}
