internal import ObjectFiles
internal import ProfileModel

/// Stacks that were copied in passing, in the order of their times, until they can be unwound.
struct WaitingMoments {
    struct Entry {
        let moment: SampledMoment
        /// Whether the mappings were read again because of it.
        var askedForMappings = false
    }

    /// More are refused: a target that changes its code all the time would make them pile up.
    private static let byteLimit = 64 << 20

    private(set) var entries: [Entry] = []
    private var bytes = 0

    /// Returns whether there was room.
    mutating func append(_ moment: SampledMoment) -> Bool {
        guard bytes + moment.snapshot.stack.bytes.count <= Self.byteLimit else { return false }
        bytes += moment.snapshot.stack.bytes.count
        entries.append(Entry(moment: moment))
        return true
    }

    /// Gives out all; what is still not ripe is to be put back by `keep`.
    mutating func takeAll() -> [Entry] {
        defer { (entries, bytes) = ([], 0) }
        return entries
    }

    mutating func keep(_ entry: Entry) {
        bytes += entry.moment.snapshot.stack.bytes.count
        entries.append(entry)
    }
}

extension UnwoundProcess {
    /// Unwinds those waiting stacks whose mappings are known for certain.
    ///
    /// A stack of time t is unwound by mappings read at another time, and holds if none of its frames is in code that
    /// changed in between. So all changes up to the later of the two must be known.
    ///
    /// - Parameter horizon: all changes up to this time have been handed to `timeline`; `nil` when no more will come.
    func unwindWaiting(upTo horizon: MonotonicTime?) -> [(stack: RawStack, moment: SampledMoment)] {
        var unwound: [(stack: RawStack, moment: SampledMoment)] = []
        var mustRead = false
        for var entry in waiting.takeAll() {
            switch outcome(of: entry, horizon) {
            case .stack(let stack): unwound.append((stack, entry.moment))
            case .wait: waiting.keep(entry)
            case .needsMappings:
                mustRead = true
                entry.askedForMappings = true
                waiting.keep(entry)
            }
        }
        if mustRead { readAgain(isUrgent: true) }
        return unwound
    }

    private enum Outcome {
        case stack(RawStack)
        case wait
        case needsMappings
    }

    private func outcome(of entry: WaitingMoments.Entry, _ horizon: MonotonicTime?) -> Outcome {
        let time = entry.moment.time
        let mayWait = horizon != nil && !isGone
        guard let newest = readings.last else { return mayWait ? .needsMappings : .stack(unresolved(entry.moment)) }
        if mayWait, timeline.hasChanges(after: newest.times.lowerBound, upTo: time) { return .needsMappings }
        if let horizon, newest.times.upperBound > horizon { return .wait }
        let stack = unwind(entry.moment)
        let isOlder = newest.times.lowerBound < time
        if stack.mayComeFromOldMap, mayWait, isOlder, !entry.askedForMappings { return .needsMappings }
        return .stack(stack)
    }

    private func unwind(_ moment: SampledMoment) -> RawStack {
        var best = unresolved(moment)
        for reading in readings.reversed() {
            let stack = unwind(moment.snapshot, in: reading.map)
            let change = timeline.firstChanged(
                among: stack.frames.lazy.map(\.address.instruction).filter(\.isUserSpace),
                after: min(moment.time, reading.times.lowerBound), upTo: max(moment.time, reading.times.upperBound))
            guard let change else { return stack }
            let certain = RawStack(
                frames: Array(stack.frames.prefix(change.index + moment.snapshot.kernelStack.count)),
                ending: .truncated(.codeChanged(change.address)))
            if certain.frames.count > best.frames.count { best = certain }
        }
        return best
    }

    private func unresolved(_ moment: SampledMoment) -> RawStack {
        RawStack(frames: [], ending: .truncated(.codeChanged(Address(rawValue: 0))))
    }
}

extension Address {
    /// The lower half of the address space.
    fileprivate var isUserSpace: Bool { rawValue >> 63 == 0 }
}
