import ProfileModel

/// When a page's samples were taken: all runs in the order of their starts.
struct PageTimes {
    private struct Run {
        /// In units.
        let start: UInt64
        let length: UInt64
        let count: UInt64
        let sample: Int
    }

    /// What a page's times are counted in: a microsecond, or more where the whole duration needs more than 27 bits.
    ///
    /// A day is counted in milliseconds.
    let unitNanoseconds: UInt64
    /// Where the last run ends, in nanoseconds.
    let end: UInt64
    /// What the samples without any run weigh.
    let untimed: UInt64
    private let runs: [Run]

    /// Whether no sample has a time.
    var isEmpty: Bool { runs.isEmpty }

    init(_ samples: [PageTables.Sample]) {
        var end: UInt64 = 0
        for sample in samples { sample.runs.forEach { end = max(end, $0.end) } }
        let unit = Self.unit(for: end)
        var runs: [Run] = []
        for (position, sample) in samples.enumerated() {
            sample.runs.forEach { run in
                let start = run.start / unit
                let length = run.end / unit - start
                runs.append(Run(start: start, length: length, count: run.count, sample: position))
            }
        }
        runs.sort { ($0.start, $0.sample) < ($1.start, $1.sample) }
        (self.end, self.runs, unitNanoseconds) = (end, runs, unit)
        untimed = samples.reduce(0) { $1.runs.isEmpty ? $0 + $1.value : $0 }
    }

    /// How long after the run before each starts, its sample, its count, and its length.
    var columns: PageColumns {
        var columns = PageColumns()
        columns.append(zip(runs, [0] + runs.dropLast().map(\.start)).map { run, previous in run.start - previous })
        columns.append(runs.map { UInt64($0.sample) })
        columns.append(runs.map(\.count))
        columns.append(runs.map(\.length))
        return columns
    }

    private static func unit(for end: UInt64) -> UInt64 {
        var unit: UInt64 = 1_000
        while end / unit >= 1 << 27 { unit *= 10 }
        return unit
    }
}
