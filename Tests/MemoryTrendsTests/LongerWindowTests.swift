import Glibc
import MemoryTrends
import TestSupport
import Testing

/// What windows of 1 h, 6 h and 72 h say together, as time passes.
@Suite struct LongerWindowTests {
    private static let hour = 3_600.0
    private static let mebibyte = 1_048_576.0

    /// The levels at the full hours, of readings each minute.
    private func levels(hours: Int, _ mebibytes: (Double) -> Double) -> [LeakLevel] {
        var generator = SeededGenerator(state: 9)
        var floors = MemoryFloors()
        var levels: [LeakLevel] = []
        for minute in 0..<hours * 60 {
            let noise = Double.random(in: -1...1, using: &generator)
            let bytes = (mebibytes(Double(minute) / 60) + noise) * Self.mebibyte
            floors.add(MemoryReading(seconds: Double(minute) * 60, bytes: UInt64(max(0, bytes))))
            if minute % 60 == 59 { levels.append(floors.verdict(startOfLife: 0, limit: nil, room: .alone).level) }
        }
        return levels
    }

    @Test(arguments: [0.3, 1, 3, 12]) func `A cache that fills up is no leak once a longer window can tell`(
        pace: Double
    ) {
        let levels = levels(hours: 96) { 100 + 800 * (1 - exp(-$0 / pace)) }
        #expect(levels[Int(2 * pace) + 2..<96].allSatisfy { $0 <= .warning })
    }

    @Test func `A leak that begins on the third day is found within an hour, and stays found`() {
        let levels = levels(hours: 96) { 300 + 36 * max(0, $0 - 60) }
        #expect(levels[..<60].allSatisfy { $0 == .none })
        #expect(levels[61...].allSatisfy { $0 == .confirmed })
    }

    @Test func `The second day's rise is not taken for a leak for long`() {
        let levels = levels(hours: 120) { 400 + 100 * sin(2 * .pi * $0 / 24) }
        #expect(levels[30...].filter { $0 >= .suspected }.count <= 2)
    }

    @Test func `A window with a gap doesn't speak for those that have none`() {
        var floors = MemoryFloors()
        for minute in 0..<80 * 60 where !(30 * 60..<55 * 60).contains(minute) {
            let mebibytes = 100 + 20 * min(Double(minute) / 60, 20)
            floors.add(MemoryReading(seconds: Double(minute) * 60, bytes: UInt64(mebibytes * Self.mebibyte)))
        }
        let verdict = floors.verdict(startOfLife: 0, limit: nil, room: .alone)
        #expect(verdict.level == .none && !verdict.findings.contains(.gap), "\(verdict.evidence)")
        #expect(verdict.window < 7 * Self.hour)
    }

    @Test func `A sawtooth that a short window sees rising is none`() {
        let levels = levels(hours: 48) { 200 + 300 * ($0 / 2.5).truncatingRemainder(dividingBy: 1) }
        #expect(levels[8...].allSatisfy { $0 <= .warning })
    }
}
