internal import SystemSupport

/// When one stack was sampled: runs of samples at even distances, one after another.
///
/// Stored as the differences of times, in LEB128 (DWARF 5, section 7.6): a single sample takes some four bytes.
package struct SampleRuns: Hashable, Sendable {
    /// So many samples at even distances, the first at `start` and the last at `end`; nanoseconds of one clock.
    package struct Run: Hashable, Sendable {
        package var start: UInt64
        /// At least `start`, which it is for a single sample.
        package var end: UInt64
        /// From 1 to 2⁶².
        package var count: UInt64
        static let mostSamples: UInt64 = 1 << 62

        package init(start: UInt64, end: UInt64, count: UInt64) {
            self.start = start
            self.end = max(start, end)
            self.count = min(max(1, count), Self.mostSamples)
        }

        /// So many ticks at a period, the last of them at `end`.
        package init(ticks count: UInt64, endingAt end: UInt64, period: UInt64) {
            let (length, overflow) = (max(1, count) - 1).multipliedReportingOverflow(by: period)
            self.init(start: overflow || length > end ? 0 : end - length, end: end, count: count)
        }
    }

    private var bytes: [UInt8] = []
    private var last: Run?
    /// The start of the run before the last one.
    private var previousStart: UInt64 = 0

    /// Without a sample.
    package init() {}

    package var isEmpty: Bool { last == nil }

    /// How many bytes the runs before the last one take.
    package var byteCount: Int { bytes.count }

    /// Adds samples; those that follow the last run closely lengthen it.
    ///
    /// - Parameter gap: the most that may lie between two runs for them to be one, in nanoseconds.
    package mutating func append(_ run: Run, joiningAcross gap: UInt64 = 0) {
        guard let current = last else {
            last = run
            return
        }
        if run.start >= current.end, run.start - current.end <= gap {
            last = Run(start: current.start, end: run.end, count: current.count + run.count)
            return
        }
        encode(current)
        last = run
    }

    /// Adds all runs of another list.
    package mutating func append(contentsOf other: SampleRuns) {
        other.forEach { append($0) }
    }

    /// Calls `body` with each run, in the order in which they were added.
    package func forEach(_ body: (Run) -> Void) {
        var reader = Reader(bytes: bytes)
        while let run = reader.next() { body(run) }
        if let last { body(last) }
    }

    /// All runs, in the order in which they were added.
    package var all: [Run] {
        var runs: [Run] = []
        forEach { runs.append($0) }
        return runs
    }

    /// The runs with times since `origin`; what was before it, is at 0.
    package func since(_ origin: UInt64) -> SampleRuns {
        var moved = SampleRuns()
        forEach { run in
            let start = run.start - min(run.start, origin)
            moved.append(Run(start: start, end: run.end - min(run.end, origin), count: run.count))
        }
        return moved
    }

    /// The samples that were taken within a range of time.
    package func within(_ range: Range<UInt64>) -> SampleRuns {
        var kept = SampleRuns()
        forEach { run in
            if let part = run.within(range) { kept.append(part) }
        }
        return kept
    }

    /// How many samples there are in all, 2⁶² at most.
    package var count: UInt64 {
        var count: UInt64 = 0
        forEach { count = min(count + $0.count, Run.mostSamples) }
        return count
    }

    private mutating func encode(_ run: Run) {
        let difference = Int64(bitPattern: run.start &- previousStart)
        bytes.appendUnsignedLEB128(UInt64(bitPattern: difference << 1 ^ difference >> 63))
        let isSingle = run.count == 1 && run.end == run.start
        bytes.appendUnsignedLEB128(run.count << 1 | (isSingle ? 0 : 1))
        if !isSingle { bytes.appendUnsignedLEB128(run.end - run.start) }
        previousStart = run.start
    }
}

extension SampleRuns.Run {
    /// The samples of the run that lie in a range; `nil` without any.
    fileprivate func within(_ range: Range<UInt64>) -> Self? {
        guard end >= range.lowerBound, start < range.upperBound else { return nil }
        guard start < range.lowerBound || end >= range.upperBound else { return self }
        guard count > 1, end > start else { return range.contains(start) ? self : nil }
        let first = ticks(before: range.lowerBound)
        let limit = ticks(before: range.upperBound)
        guard first < limit else { return nil }
        return Self(start: time(ofTick: first), end: time(ofTick: limit - 1), count: limit - first)
    }

    /// When a tick was, from 0 on.
    private func time(ofTick number: UInt64) -> UInt64 {
        let (quotient, _) = (count - 1).dividingFullWidth((end - start).multipliedFullWidth(by: number))
        return start + quotient
    }

    /// How many samples were before a time.
    package func ticks(before limit: UInt64) -> UInt64 {
        guard limit > start else { return 0 }
        guard limit <= end, count > 1 else { return count }
        return (0..<count).partitionPoint { time(ofTick: $0) < limit }
    }
}

/// Reads what `encode` has written.
private struct Reader {
    let bytes: [UInt8]
    private var offset = 0
    private var previousStart: UInt64 = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> SampleRuns.Run? {
        guard offset < bytes.count else { return nil }
        let difference = number()
        previousStart &+= difference >> 1 ^ (0 &- (difference & 1))
        let count = number()
        let length = count & 1 == 0 ? 0 : number()
        return SampleRuns.Run(start: previousStart, end: previousStart &+ length, count: count >> 1)
    }

    private mutating func number() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            guard byte & 0x80 != 0 else { break }
            shift += 7
        }
        return value
    }
}
