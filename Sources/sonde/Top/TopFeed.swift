import LiveView
import MemoryTrends
import ProcFS
import ProfileModel
import Profiles
import Recording
import Sampling
import SystemSupport
import TargetProcess
import WorkerControl

/// Samples on a thread of its own, and hands over what is new at each interval.
///
/// What isn't taken in time is not added to: the next window is longer instead.
final class TopFeed: Sendable {
    struct Request: Sendable {
        var recording: RecordingRequest
        let grouping: Grouping
        /// Seconds between updates.
        let interval: Double
        let keepsPythonOnly: Bool
    }

    private enum Beginning {
        case pending
        case sampling
        case failed(CommandFailure)
    }

    private enum End {
        /// What was sampled until then is handed over.
        case finished
        case discarded
    }

    private struct State {
        var beginning = Beginning.pending
        var end: End?
        var updates: [LiveUpdate] = []
    }

    private let state = Monitor(State())
    private let thread: OwnedThread

    /// Samples from the time on at which it returns.
    init(
        _ request: Request, procfs: ProcFS, worker: StackWorker, objects: TracedObjects, events: TopEvents
    ) throws(CommandFailure) {
        let state = state
        do {
            thread = try OwnedThread(name: "sonde-top") {
                do throws(CommandFailure) {
                    let active = try ActiveRecording.begin(
                        request.recording, procfs: procfs, worker: worker, objects: objects)
                    state.change { $0.beginning = .sampling }
                    Self.feed(active, request, procfs, state, events)
                } catch {
                    state.change { $0.beginning = .failed(error) }
                }
            }
        } catch {
            throw CommandFailure("\(error)")
        }
        let failure: CommandFailure?? = state.wait { state in
            switch state.beginning {
            case .pending: nil
            case .sampling: .some(nil)
            case .failed(let failure): failure
            }
        }
        if let failure = failure ?? nil {
            thread.join()
            throw failure
        }
    }

    /// Ends sampling, and waits until the targets are left alone.
    func stop() {
        state.change { $0.end = .discarded }
        thread.join()
    }

    /// Ends sampling, waits until the targets are left alone, and returns all that is new.
    func finish() -> [LiveUpdate] {
        state.change { $0.end = .finished }
        thread.join()
        return takeUpdates()
    }

    /// What is new.
    func takeUpdates() -> [LiveUpdate] {
        state.change { state in
            defer { state.updates = [] }
            return state.updates
        }
    }

    private static func feed(
        _ active: ActiveRecording, _ request: Request, _ procfs: ProcFS, _ state: Monitor<State>, _ events: TopEvents
    ) {
        defer { active.cancel() }
        var memory = TopMemory(of: request.recording.processes, procfs, interval: request.interval)
        let monitor = FeedMonitor(state: state)
        var next = MonotonicTime.now
        while true {
            next = max(next, .now).advanced(by: .nanoseconds(Int64(request.interval * 1e9)))
            let end = state.wait(until: next) { $0.end }
            if end == .discarded { return }
            let hasEnded = active.hasEnded
            let recording = end == nil ? active.drain(watchedBy: monitor) : active.finish(watchedBy: monitor)
            let profile = recording.profile.reduced(toPython: request.keepsPythonOnly, foldingImports: false)
            let window = LiveWindow(
                profile, ledger: recording.ledger, ownNanoseconds: recording.ownNanoseconds,
                grouping: request.grouping)
            memory.read()
            let update = LiveUpdate(
                window: window, memory: memory.latest, sampler: recording.sampler.sampler, isLast: hasEnded)
            state.change { $0.updates.append(update) }
            events.post(.updated)
            if hasEnded || end != nil { return }
            _ = state.wait { $0.end != nil || $0.updates.isEmpty ? true : nil }
        }
    }

    /// Lets sampling end at once, and naming early where its result is not awaited.
    private struct FeedMonitor: RecordingMonitor {
        let state: Monitor<State>

        func wait(nanoseconds: UInt64, elapsed: Double, samples: Int) -> Bool { true }
        func willName(locations: Int) {}
        var mustEnd: Bool { state.read(\.end) == .discarded || InterruptSignals.isRequested }
    }
}

/// The memory of the targets, read at each update, and once a second at most.
private struct TopMemory {
    private let watched: [WatchedProcess]
    private let start = MonotonicTime.now
    private var nextReading = 0.0
    private let interval: Double
    private(set) var latest: LiveMemory?

    init(of processes: [ProcessID], _ procfs: ProcFS, interval: Double) {
        self.interval = max(1, interval)
        let windows = WatchWindows(shortest: 300 * self.interval)
        let start = UTCTimestamp.now
        // A process without memory has ended; its samples are shown all the same.
        watched = processes.compactMap {
            try? WatchedProcess($0, procfs, windows: windows.seconds, start: start)
        }
    }

    mutating func read() {
        let elapsed = Double(MonotonicTime.now.since(start)) / 1e9
        guard elapsed >= nextReading else { return }
        nextReading = elapsed + interval * 0.9
        for process in watched { process.read(at: elapsed) }
        latest = watched.isEmpty ? nil : sum
    }

    private var sum: LiveMemory {
        var memory = LiveMemory()
        for process in watched {
            guard !process.hasEnded, let reading = process.latest else { continue }
            memory.resident &+= reading.resident
            memory.own &+= reading.leakable
            if let share = reading.cpuShare { memory.cpuShare = (memory.cpuShare ?? 0) + share }
            let verdict = process.verdict
            guard !verdict.findings.contains(.tooFewReadings) || verdict.level > .none else { continue }
            memory.growthPerHour = (memory.growthPerHour ?? 0) + verdict.slope * 3600
            guard verdict.level > memory.leak else { continue }
            memory.leak = verdict.level
            memory.secondsToLimit = verdict.secondsToLimit
            memory.leakingProcess = watched.count > 1 ? "\(process.name) (PID \(process.process))" : nil
        }
        return memory
    }
}
