internal import CLinux
internal import Glibc
package import ProcFS
internal import SystemSupport

/// What the agent itself uses.
package struct SelfUsage: Equatable, Sendable {
    /// In user and kernel mode since the start, in seconds.
    package let cpuSeconds: Double
    package let residentBytes: UInt64
    package let virtualBytes: UInt64
    package let openDescriptors: UInt64
    /// The soft limit; `nil` for none.
    package let descriptorLimit: UInt64?

    package init(reading procfs: ProcFS = ProcFS()) throws {
        let own = try procfs.ownProcess()
        let statm = try own.statm()
        residentBytes = statm.residentPages &* pageBytes
        virtualBytes = statm.virtualPages &* pageBytes
        cpuSeconds = Self.processorTime()
        var descriptors: [Int32] = []
        try own.listDescriptors(into: &descriptors)
        // Without those of the process's directory and of the list.
        openDescriptors = UInt64(max(0, descriptors.count - 2))
        descriptorLimit = (try? ResourceLimit(of: RLIMIT_NOFILE))?.soft
    }

    private static func processorTime() -> Double {
        var usage = rusage()
        // Safe: the structure outlives the call, which can't fail for the process itself.
        unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}

/// The C library's heap of this process, from which Swift allocates.
package enum OwnHeap {
    /// Each arena keeps what its threads used at their peaks; two do for threads that mostly wait.
    ///
    /// To be called before threads are started.
    package static func limitArenas() { clinux_limit_arenas(2) }

    /// Returns to the system what collections and requests used at their peaks.
    package static func trim() { clinux_trim_heap() }
}

/// The log that libdispatch writes to syslog by itself.
package enum DispatchLog {
    /// Disables it, unless the environment sets `LIBDISPATCH_LOG`.
    ///
    /// Each thread of libdispatch's pool requests the priority of its quality of service and logs a refusal; without
    /// `CAP_SYS_NICE`, and begun at a lower priority (`Nice=` of a unit), that is some twenty lines a minute for as long as
    /// the program runs. Threads keep the lower priority, as they should.
    ///
    /// To be called before threads are started.
    package static func turnOff() {
        // Safe: no other thread reads the environment yet.
        unsafe setenv("LIBDISPATCH_LOG", "NO", 0)
    }
}
