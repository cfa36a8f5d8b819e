internal import ProfileModel
internal import SystemSupport

/// Hands events from the sampler's thread to the collector's, and holds a bounded number of bytes.
///
/// The sampler never waits: what doesn't fit is refused, and counted by the sampler.
final class SampleEventQueue: Sendable {
    private struct State {
        var pending: [SampleEvent] = []
        var bytes = 0
        var isClosed = false
    }

    private let state = Monitor(State())
    private let byteLimit: Int
    /// What an event needs beside its copied stack, about.
    private static let overhead = 512

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// Appends the samples that fit, in order, and all else; returns how many samples did not.
    func append(_ events: [SampleEvent]) -> Int {
        guard !events.isEmpty else { return 0 }
        return state.change { state in
            var refused = 0
            for event in events {
                let size = Self.overhead + event.stackBytes
                if event.sampleCount > 0, state.bytes + size > byteLimit {
                    refused += event.sampleCount
                } else {
                    state.pending.append(event)
                    state.bytes += size
                }
            }
            return refused
        }
    }

    /// Nothing will be appended any more.
    func close() { state.change { $0.isClosed = true } }

    /// Waits for events and takes all that there are; `nil` once the queue is closed and empty.
    func takeAll() -> [SampleEvent]? {
        let taken = state.wait { state -> [SampleEvent]? in
            guard !state.pending.isEmpty || state.isClosed else { return nil }
            defer {
                state.pending = []
                state.bytes = 0
            }
            return state.pending
        }
        return taken.flatMap { $0.isEmpty ? nil : $0 }
    }
}
