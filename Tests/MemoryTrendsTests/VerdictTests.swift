import MemoryTrends
import Testing

@Suite struct VerdictTests {
    private func series(_ bytes: (Int) -> Double) -> MemorySeries {
        MemorySeries((0..<1_440).map { MemoryReading(seconds: Double($0) * 60, bytes: UInt64(bytes($0))) })
    }

    @Test func `Steady growth is a leak, and its slope and time left are right`() throws {
        let verdict = MemoryTrend.verdict(
            ofWhole: series { 2e8 + 3e5 * Double($0) }, startOfLife: nil, limit: 1 << 31)
        #expect(verdict.level == .confirmed)
        #expect(abs(verdict.slope - 5_000) < 1)
        let left = try #require(verdict.secondsToLimit)
        #expect(abs(left - (Double(1 << 31) - Double(verdict.currentBytes)) / 5_000) < left / 1_000)
    }

    @Test func `Constant memory is none`() {
        let verdict = MemoryTrend.verdict(ofWhole: series { _ in 2e8 }, startOfLife: nil, limit: 1 << 31)
        #expect(verdict.level == .none)
        #expect(verdict.secondsToLimit == nil)
    }
}
