internal import ObjectFiles
internal import ProfileModel

/// Stacks that were copied in passing, in the order of their times, until they can be unwound.
struct WaitingMoments {
    /// More are refused: a target that changes its code all the time would make them pile up.
    private static let byteLimit = 64 << 20

    private var moments: [SampledMoment] = []
    private var bytes = 0

    var isEmpty: Bool { moments.isEmpty }

    /// Returns whether there was room.
    mutating func append(_ moment: SampledMoment) -> Bool {
        guard bytes + moment.snapshot.stack.bytes.count <= Self.byteLimit else { return false }
        keep(moment)
        return true
    }

    /// Gives out all; what has to wait on is to be put back by `keep`.
    mutating func takeAll() -> [SampledMoment] {
        defer { (moments, bytes) = ([], 0) }
        return moments
    }

    mutating func keep(_ moment: SampledMoment) {
        bytes += moment.snapshot.stack.bytes.count
        moments.append(moment)
    }
}

extension UnwoundProcess {
    /// Unwinds those waiting stacks whose mappings are known.
    ///
    /// - Parameter horizon: all changes up to this time have been noted; `nil` when no more will come.
    func unwindWaiting(upTo horizon: MonotonicTime?) -> [(stack: RawStack, moment: SampledMoment)] {
        allowChanges()
        if waiting.isEmpty { return [] }
        // Stacks wait until it is known what a time of unreported changes has changed.
        if timeline.isEmpty || timeline.openGap != nil { readAgain(isUrgent: true) }
        var unwound: [(stack: RawStack, moment: SampledMoment)] = []
        var isSurprised = false
        for entry in waiting.takeAll() {
            if let horizon, mustWait(entry, horizon) {
                waiting.keep(entry)
            } else {
                let stack = unwind(entry)
                isSurprised = isSurprised || stack.mayComeFromOldMap
                unwound.append((stack, entry))
            }
        }
        if isSurprised { readAgain(isUrgent: false) }
        return unwound
    }

    private func mustWait(_ moment: SampledMoment, _ horizon: MonotonicTime) -> Bool {
        if moment.time > horizon { return true }
        return !isGone && (timeline.isEmpty || timeline.openGap.map { $0 <= moment.time } ?? false)
    }

    private func unwind(_ moment: SampledMoment) -> RawStack {
        guard let view = timeline.view(at: moment.time) else {
            return RawStack(frames: [], ending: .truncated(.codeChanged(Address(rawValue: 0))))
        }
        return unwind(moment.snapshot, in: view.map).agreeing(with: view.others)
    }
}

extension RawStack {
    /// The part of the stack that lies in the same code by all of the maps.
    fileprivate func agreeing(with maps: [AddressSpaceMap]) -> RawStack {
        let dispute = frames.firstIndex { frame in
            if case .kernel = frame.location { return false }
            return maps.contains { $0.location(of: frame.address.instruction) != frame.location }
        }
        guard let dispute else { return self }
        return RawStack(
            frames: Array(frames[..<dispute]), ending: .truncated(.codeChanged(frames[dispute].address.value)))
    }
}
