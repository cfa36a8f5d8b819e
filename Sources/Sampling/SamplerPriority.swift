internal import CLinux
internal import Glibc
internal import SystemSupport
internal import TargetProcess

/// How the thread that stops others is scheduled.
enum SamplerPriority {
    /// The CPU that the calling thread is on.
    static var currentProcessor: UInt32? { UInt32(exactly: clinux_current_processor()) }

    /// Puts the calling thread before all ordinary ones, where that is permitted (`CAP_SYS_NICE`).
    ///
    /// On a busy host, a sampler that has to wait for a CPU while it keeps a thread stopped makes that thread wait as well. It
    /// works for some hundredths of the time as a rule; one that works more is put back among the others by `lower()`.
    static func raise() {
        var parameters = sched_param(sched_priority: 1)
        // Safe: the call only reads its arguments.
        _ = unsafe sched_setscheduler(0, SCHED_FIFO | Int32(CLINUX_SCHED_RESET_ON_FORK), &parameters)
        // A tick that the kernel delays to join it with other timers comes together with the threads these wake.
        clinux_set_timer_slack(1)
    }

    /// Puts the calling thread among the ordinary ones again, where it can't keep anyone from a CPU.
    static func lower() {
        var parameters = sched_param(sched_priority: 0)
        // Safe: the call only reads its arguments.
        _ = unsafe sched_setscheduler(0, SCHED_OTHER | Int32(CLINUX_SCHED_RESET_ON_FORK), &parameters)
    }
}

/// Watches how much of the time the calling thread works.
struct SamplerLoad {
    /// The share of the time above which a thread is too busy to come before all others.
    private static let highestShare = 0.2
    private static let window: UInt64 = 100_000_000

    private var start = MonotonicTime.now
    private var workAtStart = ProcessorTime.ofThisThread

    /// Whether the share was too high in the last tenth of a second.
    mutating func isTooHigh(at now: MonotonicTime) -> Bool {
        let elapsed = now.since(start)
        guard elapsed >= Self.window else { return false }
        let work = ProcessorTime.ofThisThread
        defer { (start, workAtStart) = (now, work) }
        return Double(work - workAtStart) > Double(elapsed) * Self.highestShare
    }
}
