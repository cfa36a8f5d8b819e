internal import CLinux
internal import Glibc
internal import ProfileModel

/// An open event of perf_event_open(2), which ends with its owner.
package final class PerfEvent {
    /// What one samples.
    package enum Kind: Hashable, Sendable {
        /// A thread each time it has been on a CPU for so many nanoseconds.
        case processorTime(nanoseconds: UInt64)
        /// A thread at each so many-th time that it leaves its CPU.
        case contextSwitches(period: UInt64)
        /// Nothing; only new names, executed programs and mapped code are reported.
        case changes
    }

    /// Whom an event is passed on to.
    package enum Inheritance: Hashable, Sendable {
        case nobody
        /// Threads that the thread starts.
        case threads
        /// Processes that the thread starts, and their threads.
        case processes
    }

    /// What to open on each thread.
    package struct Request: Hashable, Sendable {
        package var kind: Kind
        package var inheritance: Inheritance
        /// How much of the user's stack is copied with each sample: a multiple of eight, at most `largestStack`.
        package var stackBytes: Int
        /// Without the kernel's stacks, and without samples of threads that are in the kernel.
        package var excludesKernel: Bool

        package init(kind: Kind, inheritance: Inheritance, stackBytes: Int, excludesKernel: Bool) {
            self.kind = kind
            self.inheritance = inheritance
            self.stackBytes = stackBytes
            self.excludesKernel = excludesKernel
        }

        /// A record's size has 16 bits; this leaves room for what else is in it.
        package static let largestStack = 63 * 1024
    }

    let descriptor: Int32

    /// - Parameter thread: `nil` for whatever thread is on the CPU.
    /// - Throws: `.ended` when there is no such thread, else why the kernel refuses.
    init(_ request: Request, of thread: ThreadID?, on processor: Int32) throws(PerfEventError) {
        var raw = clinux_perf_request()
        switch request.kind {
        case .processorTime(let nanoseconds): (raw.kind, raw.period) = (CLINUX_PERF_CPU_CLOCK, nanoseconds)
        case .contextSwitches(let period): (raw.kind, raw.period) = (CLINUX_PERF_CONTEXT_SWITCHES, period)
        case .changes: raw.kind = CLINUX_PERF_CHANGES
        }
        raw.inheritance =
            switch request.inheritance {
            case .nobody: CLINUX_PERF_INHERIT_NOTHING
            case .threads: CLINUX_PERF_INHERIT_THREADS
            case .processes: CLINUX_PERF_INHERIT_PROCESSES
            }
        raw.stack_bytes = UInt32(clamping: min(request.stackBytes, Request.largestStack) & ~7)
        raw.excludes_kernel = request.excludesKernel ? 1 : 0
        descriptor = try Self.open(&raw, thread ?? Self.anyThread, processor)
    }

    private static let anyThread = ThreadID(rawValue: -1)

    /// An event of Sonde's own, which only owns a ring.
    ///
    /// It belongs to the program's first thread: once the thread that it belongs to has ended, waiting for the ring returns
    /// at once.
    init(ringOn processor: Int32, wakeupBytes: Int) throws(PerfEventError) {
        var raw = clinux_perf_request()
        raw.kind = CLINUX_PERF_RING_OWNER
        raw.wakeup_bytes = UInt32(clamping: wakeupBytes)
        descriptor = try Self.open(&raw, ThreadID(rawValue: getpid()), processor)
    }

    deinit { close(descriptor) }

    /// Lets this event write to a ring of the same CPU.
    func write(to ring: PerfRing) throws(PerfEventError) {
        let failure = clinux_perf_redirect(descriptor, ring.descriptor)
        guard failure == 0 else { throw .failed(errno: failure) }
    }

    private static func open(
        _ request: inout clinux_perf_request, _ thread: ThreadID, _ processor: Int32
    ) throws(PerfEventError) -> Int32 {
        // Safe: the call only reads the request.
        let result = unsafe clinux_perf_open(&request, thread.rawValue, processor)
        guard result < 0 else { return result }
        switch -result {
        case EACCES: throw .notPermitted
        case EPERM, ENOSYS: throw .filtered
        case ESRCH: throw .ended(thread)
        case EMFILE, ENFILE: throw .tooManyEvents
        case ENODEV: throw .noProcessor
        default: throw .failed(errno: -result)
        }
    }
}
