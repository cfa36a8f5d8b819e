internal import ProfileModel
internal import SystemSupport

/// Hands events from the sampler's thread to the collector's, and holds a bounded number of bytes.
///
/// The sampler never waits: what doesn't fit is refused, and counted by the sampler.
final class SampleEventQueue: Sendable {
    /// What the collector takes at once.
    struct Batch {
        let events: [SampleEvent]
        /// How many times it was asked so far to hand out its stacks, those of these events among them.
        let drains: Int
    }

    private struct State {
        var pending: [SampleEvent] = []
        var bytes = 0
        /// Whether the collector has anything to do with what is pending.
        var isDue = false
        /// Processes whose changes were replaced by an unknown one.
        var invalidated: Set<ObjectIdentifier> = []
        var isClosed = false
        var drains = 0
        var takenDrains = 0
    }

    private let state = Monitor(State())
    private let byteLimit: Int
    /// What an event needs beside its copied stack, about.
    private static let overhead = 512

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// Appends events, in order; returns how many samples were refused because they don't fit.
    ///
    /// Changes of a process's code that don't fit are replaced by a single unknown change. All else is appended.
    ///
    /// The collector isn't woken for samples that would only wait there.
    func append(_ events: [SampleEvent]) -> Int {
        guard !events.isEmpty else { return 0 }
        return state.change { state, mustWake in
            defer { mustWake = state.isDue }
            var refused = 0
            for event in events {
                if !event.waitsForReports { state.isDue = true }
                let size = Self.overhead + event.stackBytes
                let fits = state.bytes + size <= byteLimit
                if !fits, event.sampleCount > 0 {
                    refused += event.sampleCount
                } else if !fits, case .process(let context, .code(let change)) = event {
                    guard state.invalidated.insert(ObjectIdentifier(context)).inserted else { continue }
                    state.pending.append(.process(context, .code(CodeChange(time: change.time, kind: .unknown))))
                } else {
                    state.pending.append(event)
                    state.bytes += size
                }
            }
            if state.bytes > byteLimit / 4 { state.isDue = true }
            return refused
        }
    }

    /// Asks the collector to hand out its stacks; returns how many times it was asked with this one.
    func requestDrain() -> Int {
        state.change { state in
            state.drains += 1
            return state.drains
        }
    }

    /// Nothing will be appended any more.
    func close() { state.change { $0.isClosed = true } }

    /// Waits for events or a request and takes all that there are; `nil` once the queue is closed and empty.
    func takeAll() -> Batch? {
        let taken = state.wait { state -> (batch: Batch, isOver: Bool)? in
            guard state.isDue || state.drains > state.takenDrains || state.isClosed else { return nil }
            defer {
                (state.pending, state.bytes, state.isDue) = ([], 0, false)
                (state.invalidated, state.takenDrains) = ([], state.drains)
            }
            return (Batch(events: state.pending, drains: state.drains), state.isClosed && state.pending.isEmpty)
        }
        return taken.flatMap { $0.isOver ? nil : $0.batch }
    }
}

extension SampleEvent {
    /// Whether it is a sample that is unwound once the changes up to its time are reported, of a process whose mappings
    /// were read already.
    fileprivate var waitsForReports: Bool {
        if case .thread(_, .timed, let context) = self { context.isWatched } else { false }
    }
}
