internal import ProfileModel
internal import SystemSupport
internal import WorkerControl

/// Samples whose stacks were copied in passing, in the order of their times, until they can be unwound.
struct PendingSamples {
    /// More are refused: a target that changes its code all the time would make them pile up.
    private static let byteLimit = 16 << 20

    private var samples: [TimedSample] = []
    private var bytes = 0

    var isEmpty: Bool { samples.isEmpty }

    /// When the first of those that wait was taken.
    var earliest: MonotonicTime? { samples.lazy.map(\.time).min() }

    /// Returns whether there was room.
    mutating func append(_ sample: TimedSample) -> Bool {
        guard bytes + sample.snapshot.byteCount <= Self.byteLimit else { return false }
        keep(sample)
        return true
    }

    /// Gives out all; what has to wait on is to be put back by `keep`.
    mutating func takeAll() -> [TimedSample] {
        defer { (samples, bytes) = ([], 0) }
        return samples
    }

    mutating func keep(_ sample: TimedSample) {
        bytes += sample.snapshot.byteCount
        samples.append(sample)
    }
}

extension TrackedProcess {
    /// Those pending samples whose mappings are known, each with what its stack is to be unwound by.
    ///
    /// - Parameter horizon: all changes up to this time have been noted; `nil` when no more will come.
    func takePending(upTo horizon: MonotonicTime?) -> [StackCollector.Job] {
        allowChanges()
        defer { evictMappings(before: horizon) }
        if pending.isEmpty { return [] }
        // Stacks wait until it is known what a time of unreported changes has changed.
        if timeline.isEmpty || timeline.openGap != nil { readAgain(isUrgent: true) }
        var jobs: [StackCollector.Job] = []
        for sample in pending.takeAll() {
            if let horizon, mustWait(sample, horizon) {
                pending.keep(sample)
            } else {
                jobs.append(StackCollector.Job(process: self, sample: sample, view: timeline.view(at: sample.time)))
            }
        }
        return jobs
    }

    private func mustWait(_ sample: TimedSample, _ horizon: MonotonicTime) -> Bool {
        if sample.time > horizon || timeline.mayChange(at: sample.time, after: horizon) { return true }
        return !isGone && (timeline.isEmpty || timeline.openGap.map { $0 <= sample.time } ?? false)
    }
}
