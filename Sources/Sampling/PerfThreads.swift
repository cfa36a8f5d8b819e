internal import Glibc
internal import PerfEvents
internal import ProcFS
internal import ProfileModel
internal import SystemSupport

/// The events on all threads of the target processes, or on all threads of the host.
///
/// An event is inherited by the threads that its thread starts. Threads that slipped in while events were opened are
/// found in `/proc`: neither was one opened on them nor did the kernel report their beginning.
final class PerfThreads {
    private(set) var request: PerfEvent.Request
    /// Records that were written before that time are of events of another kind.
    private var former: (request: PerfEvent.Request, end: MonotonicTime)?
    private let rings: PerfRings
    private var events: [PerfEvent] = []
    private var known: Set<ThreadID> = []
    private var suspects: Set<ThreadID> = []
    /// Whether threads may have inherited events without it being known: a second event on them would count them twice.
    private var hasLost = false
    private var openedAt = MonotonicTime.now
    private static let reopeningInterval: UInt64 = 1_000_000_000
    /// Whether the events are those of the whole host, which reach threads however short they live.
    private(set) var coversHost = false

    /// - Parameter rings: where the events write to.
    init(_ request: PerfEvent.Request, rings: PerfRings) {
        self.request = request
        self.rings = rings
    }

    /// Opens events on all threads of a process.
    ///
    /// What the kernel doesn't permit or know is done without: kernel stacks, and events that only threads inherit.
    func open(_ process: borrowing ProcessDirectory) throws(PerfEventError) {
        guard !coversHost else { return }
        for thread in Self.threads(of: process) where !known.contains(thread) { try open(thread) }
    }

    private func open(_ thread: ThreadID) throws(PerfEventError) {
        do throws(PerfEventError) {
            events += try rings.open(request, of: thread)
            known.insert(thread)
        } catch .ended {
            return
        } catch .notPermitted where !request.excludesKernel && request.kind.worksWithoutKernel {
            request.excludesKernel = true
            try open(thread)
        } catch .failed(errno: EINVAL) where request.inheritance == .threads {
            request.inheritance = .nobody
            try open(thread)
        }
    }

    /// Opens events on whatever runs on each CPU, in place of those on threads; returns whether that is permitted.
    ///
    /// An event on a thread counts from the thread's beginning, so that one which ends before the first period is over is
    /// never seen. One on a CPU counts on from thread to thread.
    func coverHost() -> Bool {
        guard !coversHost else { return true }
        var wide = request
        wide.inheritance = .nobody
        guard let opened = try? rings.open(wide, of: nil) else { return false }
        close()
        (events, coversHost) = (opened, true)
        return true
    }

    /// How many context switches a sample of that time stands for.
    func switches(at time: MonotonicTime) -> UInt64 {
        let request = former.map { time < $0.end ? $0.request : self.request } ?? self.request
        guard case .contextSwitches(let period) = request.kind else { return 1 }
        return period
    }

    /// Notes that a thread has begun, which inherits its parent's events.
    func start(_ thread: ThreadID) {
        if request.inheritance != .nobody { known.insert(thread) }
    }

    func end(_ thread: ThreadID) { known.remove(thread) }

    /// Notes that records were lost, and the beginning of threads with them.
    func noteLoss() { hasLost = !coversHost && request.inheritance != .nobody }

    /// Whether it is time to open all events anew, to know again which threads have one.
    func mustReopen(at now: MonotonicTime) -> Bool { hasLost && now.since(openedAt) >= Self.reopeningInterval }

    /// Opens events on threads that have none; returns how many can't have one.
    func discover(in process: borrowing ProcessDirectory) -> Int {
        guard !coversHost, !hasLost else { return 0 }
        let unknown = Self.threads(of: process).filter { !known.contains($0) }
        var refused = 0
        for thread in unknown where suspects.remove(thread) != nil {
            do { try open(thread) } catch { refused += 1 }
        }
        // The record of a thread that has begun just now may still be on its way.
        suspects.formUnion(unknown.filter { !known.contains($0) })
        return refused
    }

    /// Ends all events, also the inherited ones.
    func close() {
        events.removeAll()
        known.removeAll()
        suspects.removeAll()
    }

    /// Opens all events anew, in another way.
    ///
    /// Returns how many processes refuse.
    func reopen(_ request: PerfEvent.Request, on contexts: some Sequence<ProcessContext>) -> Int {
        openedAt = .now
        former = (self.request, openedAt)
        self.request = request
        hasLost = false
        if coversHost {
            coversHost = false
            if coverHost() { return 0 }
        }
        close()
        var refused = 0
        for context in contexts {
            do { try open(context.directory) } catch { refused += 1 }
        }
        return refused
    }

    private static func threads(of process: borrowing ProcessDirectory) -> [ThreadID] {
        guard var list = try? TaskList(of: process) else { return [] }
        var threads: [ThreadID] = []
        try? list.read(into: &threads)
        return threads
    }
}

extension PerfEvent.Kind {
    /// Threads leave their CPUs in the kernel.
    fileprivate var worksWithoutKernel: Bool {
        switch self {
        case .processorTime: true
        case .contextSwitches, .changes: false
        }
    }
}
