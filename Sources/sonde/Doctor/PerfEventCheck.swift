import CLinux
import Glibc
import ProcFS

/// Whether perf_event_open(2) works: needed for sampling without any stop, not for ptrace.
struct PerfEventCheck {
    /// `kernel.perf_event_paranoid`; `nil` where it can't be read.
    let paranoidLevel: Int?

    func check() -> DoctorCheck { check(failure: clinux_probe_perf_event()) }

    func check(failure: Int32) -> DoctorCheck {
        let level = paranoidLevel.map { " (kernel.perf_event_paranoid is \($0))" } ?? ""
        switch failure {
        case 0: return .ok("perf_event", "works\(level)")
        case EACCES, EPERM:
            return .warning(
                "perf_event", "not permitted\(level); sampling by ptrace works without it",
                remedy: "Run Sonde with sudo or CAP_PERFMON; in a container, a seccomp profile must allow it too.")
        default:
            return .warning(
                "perf_event", "\(errorText(failure))\(level); sampling by ptrace works without it",
                remedy: "The kernel must be built with CONFIG_PERF_EVENTS.")
        }
    }
}
