import MemoryTrends
import TestSupport
import Testing
import TrendFamilies

/// Series with fewer readings than a window has blocks for.
@Suite struct ShortSeriesTests {
    /// Readings at even distances, or at random times.
    private func leak(_ count: Int, isEven: Bool = true) -> MemorySeries {
        var generator = SeededGenerator(state: 5)
        return MemorySeries(
            (0..<count).map { index in
                let seconds = isEven ? Double(index) * 60 : Double.random(in: 0..<86_400, using: &generator)
                let noise = Double.random(in: 0...2e6, using: &generator)
                return MemoryReading(seconds: seconds, bytes: UInt64(2e8 + seconds * 1e4 + noise))
            })
    }

    private func verdict(_ series: MemorySeries) -> LeakVerdict {
        MemoryTrend.verdict(ofWhole: series, startOfLife: nil, limit: nil)
    }

    @Test(arguments: [24, 30, 35, 47, 48, 95]) func `A leak in few readings`(count: Int) {
        let verdict = verdict(leak(count))
        #expect(verdict.level == .confirmed, "\(verdict.evidence)")
        #expect(verdict.slopeInterval.contains(1e4))
    }

    @Test(arguments: [36, 48, 60, 95]) func `A leak in few readings at uneven times`(count: Int) {
        #expect(verdict(leak(count, isEven: false)).level >= .suspected)
    }

    @Test(arguments: [0, 1, 2, 23]) func `Below that it says how many are missing`(count: Int) {
        let verdict = verdict(leak(count))
        #expect(verdict.level == .none)
        #expect(verdict.evidence == "too few readings to judge: \(24 - count) more needed")
    }

    @Test func `Few readings with a long gap give a warning at most`() {
        let readings = leak(90).readings.filter { $0.seconds < 1_200 || $0.seconds > 4_200 }
        let verdict = verdict(MemorySeries(readings))
        #expect(verdict.level <= .warning)
        #expect(verdict.findings.contains(.tooFewReadings))
    }

    @Test(arguments: [24, 48, 96]) func `Few readings call as few leaks that are none as many do`(readings: Int) {
        let scores = HeldOutFamilies.all.filter { !$0.leaks }.map {
            FamilyScore($0, seed: 78, count: 40, readings: readings)
        }
        for (level, most) in [(LeakLevel.confirmed, 0.005), (.suspected, 0.02)] {
            let slack = 3 * (most * (1 - most) / Double(scores.reduce(0) { $0 + $1.count })).squareRoot()
            #expect(scores.rate(level, leaks: false) <= most + slack)
        }
    }
}
