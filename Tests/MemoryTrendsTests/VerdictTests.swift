import Glibc
import MemoryTrends
import Testing

@Suite struct VerdictTests {
    private func verdict(limit: UInt64? = nil, _ bytes: (Double) -> Double) -> LeakVerdict {
        let readings = (0..<1_440).map { index in
            MemoryReading(seconds: Double(index) * 60, bytes: UInt64(bytes(Double(index) / 1_440)))
        }
        return MemoryTrend.verdict(ofWhole: MemorySeries(readings), startOfLife: nil, limit: limit)
    }

    @Test func `Steady growth is a leak, and its slope and time left are right`() throws {
        let verdict = verdict(limit: 1 << 31) { 2e8 + 4.32e8 * $0 }
        #expect(verdict.level == .confirmed)
        #expect(abs(verdict.slope - 5_000) < 1)
        #expect(verdict.findings == [.growing, .stillGrowing, .notAStep])
        let left = try #require(verdict.secondsToLimit)
        #expect(abs(left - (Double(1 << 31) - Double(verdict.currentBytes)) / 5_000) < left / 1_000)
        #expect(
            verdict.evidence
                == "floor grew 378 MiB in 24 h, 17.2 MiB/h ± 0 B/h, still growing, not a step, 29.4 % of the limit: full in 3 d 12 h"
        )
    }

    @Test func `What others use shortens the time left, not the share`() throws {
        let readings = (0..<1_440).map {
            MemoryReading(seconds: Double($0) * 60, bytes: UInt64(200_000_000 + 300_000 * $0))
        }
        var floors = MemoryFloors(criteria: LeakCriteria(windows: [86_400]))
        for reading in readings { floors.add(reading) }
        let alone = floors.verdict(startOfLife: nil, limit: 1 << 31, room: .alone)
        let among = floors.verdict(startOfLife: nil, limit: 1 << 31, room: .shared(18_000_000))
        #expect(among.level == alone.level && among.slope == alone.slope && among.limitBytes == 1 << 31)
        let left = try #require(among.secondsToLimit)
        #expect(abs(left - 3_600) < 10)
        #expect(among.evidence.hasSuffix(", 29.4 % of the limit: full in 1 h"))
        #expect(floors.verdict(startOfLife: nil, limit: 1 << 31, room: .shared(0)).secondsToLimit == 0)
        let untold = floors.verdict(startOfLife: nil, limit: 1 << 31, room: .unknown)
        #expect(untold.level == alone.level && untold.secondsToLimit == nil)
        #expect(untold.evidence.hasSuffix(", 29.4 % of the limit: how much of it is left is not known"))
    }

    @Test(arguments: [0, 1, 23]) func `Too few readings have a reason, and no figures`(count: Int) {
        var floors = MemoryFloors()
        for index in 0..<count { floors.add(MemoryReading(seconds: Double(index) * 5, bytes: 50_000_000)) }
        for startOfLife in [nil, 0.0] {
            let evidence = floors.verdict(startOfLife: startOfLife, limit: 1 << 30, room: .alone).evidence
            #expect(evidence.hasPrefix("too few readings to judge") && !evidence.contains("floor"))
        }
    }

    @Test func `Constant memory is none, and needs no time left`() {
        let verdict = verdict(limit: 1 << 31) { _ in 2e8 }
        #expect(verdict.level == .none)
        #expect(verdict.secondsToLimit == nil)
        #expect(verdict.slopeInterval == 0...0)
    }

    @Test func `A leak beyond its limit has no time left`() {
        #expect(verdict(limit: 1_000) { 2e8 + 4e8 * $0 }.secondsToLimit == 0)
    }

    @Test func `A step is named`() {
        let verdict = verdict { $0 < 0.6 ? 2e8 : 3e8 }
        #expect(verdict.level == .none)
        #expect(verdict.findings.contains(.step))
    }

    @Test(arguments: [0.05, 0.2, 0.4]) func `A plateau is named`(pace: Double) {
        let verdict = verdict { 2e8 + 4e8 * (1 - exp(-$0 / pace)) }
        #expect(verdict.level == .none)
        #expect(verdict.findings.contains(.plateau))
    }

    @Test func `A cycle is taken out, and the leak below it found`() {
        let verdict = verdict { 5e8 + 2e8 * $0 + 1e8 * sin(2 * .pi * 4 * $0) }
        #expect(verdict.level == .confirmed)
        #expect(verdict.findings.contains(.cycle))
    }

    @Test func `A cycle alone is none`() {
        #expect(verdict { 5e8 + 1e8 * sin(2 * .pi * 4 * $0 + 1) }.level == .none)
    }

    @Test func `Growth of a few pages is too little to matter`() {
        let verdict = verdict { 2e8 + 4e5 * $0 }
        #expect(verdict.level == .none)
        #expect(verdict.findings == [.small])
    }

    @Test func `The size of the process makes no difference`() {
        let shape: (Double) -> Double = { time in 1 + 0.5 * time + 0.01 * sin(1e4 * time) }
        #expect(verdict { 1e8 * shape($0) }.level == verdict { 1e13 * shape($0) }.level)
    }
}
