import PerfEvents
import ProcFS

/// Whether perf_event_open(2) works: needed for sampling without any stop, and for time off CPU.
struct PerfEventCheck {
    /// `kernel.perf_event_paranoid`; `nil` where it can't be read.
    let paranoidLevel: Int?

    func check() -> DoctorCheck {
        check(Result { () throws(PerfEventError) in try PerfEventProbe.seesKernel() })
    }

    func check(_ result: Result<Bool, PerfEventError>) -> DoctorCheck {
        let level = paranoidLevel.map { " (kernel.perf_event_paranoid is \($0))" } ?? ""
        switch result {
        case .success(true): return .ok("perf_event", "works, with the kernel's stacks\(level)")
        case .success(false):
            return .warning(
                "perf_event", "works for user space only\(level): no kernel stacks, no --mode off-cpu",
                remedy: "Run Sonde with sudo or CAP_PERFMON, or lower the level: sysctl kernel.perf_event_paranoid=1.")
        case .failure(let error):
            let advice = PerfEventAdvice(error, paranoidLevel: paranoidLevel)
            return .warning(
                "perf_event", "\(advice.cause); --sampler ptrace works without it", remedy: advice.remedy)
        }
    }
}
