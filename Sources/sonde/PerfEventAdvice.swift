import PerfEvents
import ProcFS

/// Why events are refused, and what to do about it, for a person.
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
            cause = "the kernel does not permit perf events on it\(level)"
            remedy = "Run Sonde with sudo or CAP_PERFMON, or lower the level: sysctl kernel.perf_event_paranoid=1."
            exitCode = 77
        case .filtered:
            cause = "perf_event_open is filtered: a seccomp profile or a security module refuses it"
            remedy = "In Docker: --security-opt seccomp=unconfined, or a profile that allows it, and --cap-add PERFMON."
            exitCode = 77
        case .lockedMemory:
            cause = "the kernel grants no locked memory for the events' rings"
            remedy = "Raise kernel.perf_event_mlock_kb or `ulimit -l`, or run Sonde with sudo or CAP_IPC_LOCK."
            exitCode = 77
        case .tooManyEvents:
            cause = "events need a descriptor for each thread and CPU, and there are no more"
            remedy = "Raise the limit on open files (`ulimit -n`, systemd: LimitNOFILE), or use --sampler ptrace."
            exitCode = 1
        case .ended:
            cause = "the process has ended"
            remedy = "Find its successor: pgrep -a NAME."
            exitCode = 1
        case .noProcessor:
            cause = "no CPU has room for events"
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
