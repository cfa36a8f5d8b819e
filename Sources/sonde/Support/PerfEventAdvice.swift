import PerfEvents
import ProcFS
import SystemSupport

/// Why perf_event_open(2) fails, and the remedy, for a person.
struct PerfEventAdvice {
    let cause: String
    let remedy: String
    /// What `sonde` exits with: 77 where a permission is missing, otherwise 1.
    let exitCode: Int32

    /// - Parameter paranoidLevel: `kernel.perf_event_paranoid`; `nil` where it can't be read.
    init(_ error: PerfEventError, paranoidLevel: Int?) {
        let level = paranoidLevel.map { " (kernel.perf_event_paranoid is \($0))" } ?? ""
        switch error {
        case .notPermitted:
            cause = "the kernel does not permit perf_event on this process\(level)"
            remedy = "Run Sonde with sudo or CAP_PERFMON, or lower the level: sysctl kernel.perf_event_paranoid=1."
            exitCode = 77
        case .filtered:
            cause = "perf_event_open is filtered: a seccomp profile or a security module refuses it"
            remedy = "In Docker: --security-opt seccomp=unconfined, or a profile that allows it, and --cap-add PERFMON."
            exitCode = 77
        case .lockedMemory:
            cause = "the limit of locked memory leaves none for perf_event's ring buffers"
            remedy = "Raise kernel.perf_event_mlock_kb or `ulimit -l`, or run Sonde with sudo or CAP_IPC_LOCK."
            exitCode = 77
        case .tooManyEvents:
            cause = "perf_event needs a file descriptor for each thread and CPU, and the limit is reached"
            remedy = "Raise the limit on open files (`ulimit -n`, systemd: LimitNOFILE), or use --sampler ptrace."
            exitCode = 1
        case .ended:
            cause = "the process has ended"
            remedy = "Find the new process: pgrep -a NAME."
            exitCode = 1
        case .noProcessor:
            cause = "no CPU accepts a perf_event"
            remedy = "Use --sampler ptrace."
            exitCode = 1
        case .failed(let number):
            cause = "perf_event_open: \(errorText(number))"
            remedy = "The kernel must be built with CONFIG_PERF_EVENTS; --sampler ptrace works without."
            exitCode = 1
        }
    }

    init(_ error: PerfEventError, procfs: ProcFS) {
        self.init(error, paranoidLevel: try? procfs.setting("sys/kernel/perf_event_paranoid"))
    }
}
