import Dispatch
import ProcFS
import ProfileModel
import Synchronization
import SystemSupport

/// Reads what processes' memory is on a thread of its own: the kernel walks their page tables for it, and waits for as long as a
/// process holds its mmap lock.
///
/// A process that exceeds the deadline is quarantined: it isn't read again, and the thread that waits is abandoned.
final class CompositionReader: Sendable {
    struct Request: Sendable {
        let identity: ProcessIdentity
        /// Whether shared memory and files in memory are distinguished.
        let byMapping: Bool
    }

    struct Reading: Sendable {
        let composition: Known<MemoryComposition>
        /// Files in memory that it holds and has not mapped.
        let files: [MemoryFile]
    }

    private struct State {
        var current: (identity: ProcessIdentity, since: Double)?
        /// Of the requests that are being served; those of abandoned threads have a lower one.
        var generation = 0
        var isBusy = false
        var readings: [ProcessIdentity: Reading] = [:]
        var quarantined: Set<ProcessIdentity> = []
        var queue = State.newQueue()

        static func newQueue() -> DispatchQueue { DispatchQueue(label: "sonde.memory") }
    }

    /// Seconds for one process: a GiB of small pages takes some ten milliseconds.
    private static let deadline = 10.0

    private let read: @Sendable (Request) -> Reading?
    private let state = Mutex(State())

    init(_ procfs: ProcFS) {
        read = { request in Self.read(request, in: procfs) }
    }

    /// - Parameter read: may take any time.
    init(reading read: @escaping @Sendable (Request) -> Reading?) { self.read = read }

    /// Whether requests would be taken; gives up a process that has exceeded the deadline.
    func isReady(at now: Double = SystemClock.monotonic.seconds) -> Bool {
        state.withLock { state in
            guard state.isBusy else { return true }
            guard let current = state.current, now - current.since > Self.deadline else { return false }
            state.quarantined.insert(current.identity)
            state.generation += 1
            state.queue = State.newQueue()
            state.current = nil
            state.isBusy = false
            return true
        }
    }

    /// Begins to read, unless requests are still being served.
    func begin(_ requests: [Request]) {
        let work: (requests: [Request], generation: Int, queue: DispatchQueue)? = state.withLock { state in
            let requests = requests.filter { !state.quarantined.contains($0.identity) }
            guard !state.isBusy, !requests.isEmpty else { return nil }
            state.isBusy = true
            return (requests, state.generation, state.queue)
        }
        guard let work else { return }
        work.queue.async { [self] in serve(work.requests, work.generation) }
    }

    /// What was read since the last call.
    func takeReadings() -> [ProcessIdentity: Reading] {
        state.withLock { state in
            defer { state.readings.removeAll() }
            return state.readings
        }
    }

    /// Discards what is kept of processes that have ended.
    func evict(unless isLiving: (ProcessIdentity) -> Bool) {
        state.withLock { $0.quarantined = $0.quarantined.filter(isLiving) }
    }

    private func serve(_ requests: [Request], _ generation: Int) {
        for request in requests {
            let isCurrent = state.withLock { state in
                guard state.generation == generation else { return false }
                state.current = (request.identity, SystemClock.monotonic.seconds)
                return true
            }
            guard isCurrent else { return }
            let reading = read(request)
            state.withLock { state in
                guard state.generation == generation else { return }
                state.readings[request.identity] = reading
                state.current = nil
            }
        }
        state.withLock { if $0.generation == generation { $0.isBusy = false } }
    }

    /// The number may be another process's by now; the directory is of one process for as long as it is open.
    private static func read(_ request: Request, in procfs: ProcFS) -> Reading? {
        guard let directory = try? procfs.process(request.identity.process),
            (try? directory.stat().startTicks) == request.identity.startTicks
        else { return nil }
        var buffer: [UInt8] = []
        let found = known { () throws(ProcFSError) in
            try directory.memoryComposition(byMapping: request.byMapping, using: &buffer)
        }
        return Reading(composition: found.map(\.composition), files: found.value?.files ?? [])
    }
}
