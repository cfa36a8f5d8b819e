import ProfileModel
import TestSupport
import Testing

@Suite struct SampleRunsTests {
    typealias Run = SampleRuns.Run

    private static func runs(_ all: [Run], gap: UInt64 = 0) -> SampleRuns {
        var runs = SampleRuns()
        for run in all { runs.append(run, joiningAcross: gap) }
        return runs
    }

    @Test func `Runs come back as they were added, in any order of their times`() {
        var random = SeededGenerator(state: 5)
        let all = (0..<1_000).map { _ in
            let start = UInt64.random(in: 0...UInt64.max / 2, using: &random)
            return Run(
                start: start, end: start + UInt64.random(in: 0...1 << 40, using: &random),
                count: UInt64.random(in: 1...1 << 30, using: &random))
        }
        #expect(Self.runs(all).all == all)
        #expect(Self.runs(all).count == all.reduce(0) { $0 + $1.count })
    }

    @Test func `Single samples at a rate of 99 a second take at most six bytes each`() {
        let all = (0..<1_000).map { Run(start: $0 * 10_101_010, end: $0 * 10_101_010, count: 1) }
        #expect(Self.runs(all).byteCount <= 6 * all.count)
    }

    @Test func `Runs no farther apart than the gap are one`() {
        let runs = Self.runs(
            [Run(start: 0, end: 0, count: 1), Run(start: 10, end: 10, count: 1), Run(start: 26, end: 30, count: 2)],
            gap: 15)
        #expect(runs.all == [Run(start: 0, end: 10, count: 2), Run(start: 26, end: 30, count: 2)])
    }

    @Test func `A run of ticks ends at its last one and can't begin before time does`() {
        #expect(Run(ticks: 3, endingAt: 100, period: 10) == Run(start: 80, end: 100, count: 3))
        #expect(Run(ticks: 30, endingAt: 100, period: 10) == Run(start: 0, end: 100, count: 30))
        #expect(Run(ticks: .max, endingAt: 100, period: .max) == Run(start: 0, end: 100, count: 1 << 62))
    }

    @Test func `Times before the origin are at it`() {
        let runs = Self.runs([Run(start: 5, end: 15, count: 2), Run(start: 20, end: 20, count: 1)])
        #expect(runs.since(10).all == [Run(start: 0, end: 5, count: 2), Run(start: 10, end: 10, count: 1)])
    }
}
