import MemoryTrends
import TestSupport
import Testing

@Suite struct MemoryFloorsTests {
    /// Readings every 5 s of a leak with noise.
    private static let leak: [MemoryReading] = {
        var generator = SeededGenerator(state: 4)
        return (0..<9_000).map { index in
            let noise = UInt64.random(in: 0...2_000_000, using: &generator)
            return MemoryReading(seconds: Double(index) * 5, bytes: 100_000_000 + UInt64(index) * 50_000 + noise)
        }
    }()

    private func floors(_ readings: [MemoryReading], _ criteria: LeakCriteria = .standard) -> MemoryFloors {
        var floors = MemoryFloors(criteria: criteria)
        for reading in readings { floors.add(reading) }
        return floors
    }

    @Test func `Reading by reading gives the verdict of the whole series`() {
        let streamed = floors(Self.leak).verdict(startOfLife: 0, limit: 1 << 33, room: .alone)
        let whole = MemoryTrend.verdict(of: MemorySeries(Self.leak.shuffled()), startOfLife: 0, limit: 1 << 33)
        #expect(streamed == whole)
        #expect(streamed.level == .confirmed)
        #expect(abs(streamed.slope - 10_000) < 200)
        #expect(streamed.slopeInterval.contains(streamed.slope))
    }

    @Test func `Minima of buckets give the same floors as all readings`() {
        let buckets = stride(from: 0, to: Self.leak.count, by: 15).compactMap { start in
            Self.leak[start..<start + 15].min { $0.bytes < $1.bytes }
        }
        // 75 s are a block of the shortest window.
        let exact = floors(Self.leak).verdict(startOfLife: nil, limit: nil, room: .alone)
        let reduced = floors(buckets).verdict(startOfLife: nil, limit: nil, room: .alone)
        #expect(reduced.level == exact.level)
        #expect(abs(reduced.slope - exact.slope) < 0.02 * exact.slope)
    }

    @Test func `Stored readings added again after a restart give the same verdict`() {
        let once = floors(Self.leak)
        // What the shorter windows need is the end of the series.
        let again = floors(Array(Self.leak.suffix(7_000)))
        let verdicts = [once, again].map { $0.verdict(startOfLife: 0, limit: nil, room: .alone) }
        #expect(verdicts[0] == verdicts[1])
    }

    @Test func `Compressed time changes nothing but the times`() {
        let fast = Self.leak.map { MemoryReading(seconds: $0.seconds / 60, bytes: $0.bytes) }
        let exact = floors(Self.leak).verdict(startOfLife: 0, limit: 1 << 33, room: .alone)
        let criteria = LeakCriteria(windows: LeakCriteria.standard.windows.map { $0 / 60 })
        let compressed = floors(fast, criteria).verdict(startOfLife: 0, limit: 1 << 33, room: .alone)
        #expect(compressed.level == exact.level)
        #expect(abs(compressed.slope - 60 * exact.slope) < 1e-6 * exact.slope * 60)
        #expect(compressed.floorGrowth == exact.floorGrowth)
    }

    @Test func `Times that make no sense are left out`() {
        var floors = floors(Self.leak)
        let before = floors.verdict(startOfLife: 0, limit: nil, room: .alone)
        for seconds in [Double.nan, .infinity, -.infinity, 1e300, -1e300, -1e9, 0] {
            floors.add(MemoryReading(seconds: seconds, bytes: 1))
        }
        #expect(floors.verdict(startOfLife: 0, limit: nil, room: .alone) == before)
    }

    @Test(arguments: [0, 1, 2, 23]) func `Too few readings give no verdict`(count: Int) {
        let verdict = floors(Array(Self.leak.prefix(count))).verdict(startOfLife: nil, limit: nil, room: .alone)
        #expect(verdict.level == .none)
        #expect(verdict.findings.contains(.tooFewReadings))
        #expect(verdict.evidence == "too few readings to judge: \(24 - count) more needed")
    }

    @Test func `A young process gets a warning at most`() {
        let verdict = floors(Array(Self.leak.prefix(240))).verdict(startOfLife: 0, limit: nil, room: .alone)
        #expect(verdict.level == .warning)
        #expect(verdict.findings.contains(.tooShort))
    }

    @Test func `A long gap gives a warning at most`() {
        let readings = Self.leak.filter { $0.seconds < 8_000 || $0.seconds > 41_500 }
        let verdict = MemoryTrend.verdict(ofWhole: MemorySeries(readings), startOfLife: nil, limit: nil)
        #expect(verdict.level <= .warning)
        #expect(verdict.findings.contains(.gap))
    }

    @Test func `All values that a reading can have are judged`() {
        let extremes: [UInt64] = [0, .max, 1, .max - 1]
        let readings = (0..<2_000).map { MemoryReading(seconds: Double($0) * 5, bytes: extremes[$0 % 4]) }
        #expect(floors(readings).verdict(startOfLife: 1e308, limit: 0, room: .alone).level == .none)
        #expect(floors(readings).verdict(startOfLife: -1e308, limit: .max, room: .alone).level == .none)
    }
}
