import Glibc
import ProcFS
import SystemSupport
import TargetProcess
import Unwinding

/// What the host and Sonde's own process allow.
struct HostChecks {
    let procfs: ProcFS

    func all() -> [DoctorCheck] {
        [kernel(), architecture(), libunwind()] + permissions() + [
            perfEvents(), kernelSymbols(), clock(), cores(), descriptors(),
        ]
    }

    /// The oldest kernel that has all that Sonde calls: openat2(2) came with 5.6.
    private static let oldestKernel = (major: 5, minor: 6)

    private func kernel() -> DoctorCheck {
        guard let release = text("sys/kernel/osrelease") else { return .unknown("kernel", "its version can't be read") }
        let numbers = release.split { $0 == "." || $0 == "-" }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return .unknown("kernel", printable(release)) }
        if (numbers[0], numbers[1]) >= Self.oldestKernel { return .ok("kernel", "Linux \(printable(release))") }
        return .warning(
            "kernel", "Linux \(printable(release))",
            remedy: "Sonde needs 5.6 or later; on this kernel, object files of containers can't be read.")
    }

    private func architecture() -> DoctorCheck {
        guard let machine = text("sys/kernel/arch") else {
            return .ok("architecture", "x86_64, as Sonde was built for")
        }
        if machine == "x86_64" { return .ok("architecture", machine) }
        return .failed(
            "architecture", "\(printable(machine)), and Sonde was built for x86_64", remedy: "Run it on x86-64.")
    }

    private func libunwind() -> DoctorCheck { .ok("libunwind", libunwindVersion) }

    private func perfEvents() -> DoctorCheck {
        PerfEventCheck(paranoidLevel: try? procfs.setting("sys/kernel/perf_event_paranoid")).check()
    }

    private func kernelSymbols() -> DoctorCheck {
        guard let level = try? procfs.setting("sys/kernel/kptr_restrict") else {
            return .unknown("kernel symbols", "kernel.kptr_restrict can't be read")
        }
        if level < 2 { return .ok("kernel symbols", "kernel.kptr_restrict is \(level)") }
        return .warning(
            "kernel symbols", "kernel.kptr_restrict is \(level): kernel functions have no addresses",
            remedy: "For names of kernel frames, set `sysctl kernel.kptr_restrict=1`.")
    }

    private func clock() -> DoctorCheck {
        var resolution = timespec()
        // Safe: the structure outlives the call.
        guard unsafe clock_getres(CLOCK_MONOTONIC, &resolution) == 0 else {
            return .unknown("clock", "CLOCK_MONOTONIC: \(errorText(errno))")
        }
        let finding =
            "CLOCK_MONOTONIC counts in steps of \(resolution.tv_sec > 0 ? "seconds" : "\(resolution.tv_nsec) ns")"
        if resolution.tv_sec == 0, resolution.tv_nsec <= 1_000_000 { return .ok("clock", finding) }
        return .warning(
            "clock", finding, remedy: "Boot with high-resolution timers (no `highres=off`), or lower `--rate`.")
    }

    private func cores() -> DoctorCheck {
        let online = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        guard online > 0 else { return .unknown("CPUs", "their number can't be read") }
        return .ok("CPUs", "\(online) online")
    }

    /// A sampled thread takes up to four descriptors, and half of all are left to other files.
    private func descriptors() -> DoctorCheck {
        let limit: ResourceLimit
        do {
            limit = try ResourceLimit(of: RLIMIT_NOFILE)
        } catch {
            return .unknown("descriptors", errorText(error.errno))
        }
        guard let hard = limit.hard else { return .ok("descriptors", "no limit on open files") }
        let finding = "up to \(hard) open files"
        if hard >= 16_384 { return .ok("descriptors", finding) }
        return .warning(
            "descriptors",
            "\(finding): beyond \(hard / 8) threads, Sonde opens a thread's files at each poll, which takes more CPU time",
            remedy: "Raise the hard limit (`ulimit -Hn`, systemd: LimitNOFILE).")
    }

    func text(_ path: String) -> String? {
        guard let bytes = try? procfs.bytes(of: path) else { return nil }
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
