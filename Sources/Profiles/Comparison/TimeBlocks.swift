internal import ProfileModel
internal import Statistics

/// The time of a recording in blocks of equal length.
struct TimeBlocks {
    private static let count = UInt64(RecordedBlocks.count)

    private let start: UInt64
    private let length: UInt64

    /// From the first sample to the last one; `nil` where the time of one isn't known, or all are at once.
    init?(_ leaves: [PairedTree.Leaf]) {
        var (first, last) = (UInt64.max, UInt64.min)
        for leaf in leaves {
            guard !leaf.runs.isEmpty else { return nil }
            leaf.runs.forEach { run in
                first = min(first, run.start)
                last = max(last, run.end)
            }
        }
        guard first <= last, last - first >= Self.count else { return nil }
        start = first
        length = last - first
    }

    /// Calls `body` with the blocks that samples lie in, and the share of the samples in each.
    func forEachShare(of runs: SampleRuns, _ body: (Int, Double) -> Void) {
        let whole = Double(max(1, runs.count))
        runs.forEach { run in
            let last = block(of: run.end)
            var passed: UInt64 = 0
            for block in block(of: run.start)...last {
                let count = block == last ? run.count : run.ticks(before: limit(of: block))
                if count > passed { body(block, Double(count - passed) / whole) }
                passed = count
            }
        }
    }

    private func block(of time: UInt64) -> Int {
        let (high, low) = (time - start).multipliedFullWidth(by: Self.count)
        guard high < length else { return Int(Self.count) - 1 }
        return Int(min(Self.count - 1, length.dividingFullWidth((high, low)).quotient))
    }

    /// When the next block begins.
    private func limit(of block: Int) -> UInt64 {
        let (quotient, remainder) = Self.count.dividingFullWidth(length.multipliedFullWidth(by: UInt64(block) + 1))
        return start + quotient + (remainder > 0 ? 1 : 0)
    }
}
