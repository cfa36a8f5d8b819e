import Foundation
import MemoryTrends
import Testing

/// `RssAnon + VmSwap` of real programs, each second for 260 s from their start on.
///
/// The leaks lose 10 KB, 100 KB or 1 MB a second; those of Java and Go make garbage besides. The LRU cache of Python fills
/// up, and redis fills up to `maxmemory` and evicts.
@Suite struct RecordingTests {
    private func readings(_ name: String) throws -> [MemoryReading] {
        let file = try #require(Bundle.module.url(forResource: "Recordings/\(name)", withExtension: "csv"))
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
            let fields = line.split(separator: ",")
            return MemoryReading(seconds: try #require(Double(fields[0])), bytes: try #require(UInt64(fields[1])))
        }
    }

    @Test(arguments: ["c-leak-10k", "c-leak-1m", "python-leak-100k", "go-leak", "java-leak"])
    func `A program that leaks`(name: String) throws {
        let whole = MemoryTrend.verdict(ofWhole: MemorySeries(try readings(name)), startOfLife: nil, limit: nil)
        #expect(whole.level == .confirmed)
        let criteria = LeakCriteria(windows: [60, 180])
        let windows = MemoryTrend.verdict(
            of: MemorySeries(try readings(name)), startOfLife: 0, limit: nil, criteria: criteria)
        #expect(windows.level == .confirmed)
    }

    @Test(arguments: ["c-leak-10k", "c-leak-1m", "python-leak-100k"])
    func `The slope is what the program loses`(name: String) throws {
        let verdict = MemoryTrend.verdict(ofWhole: MemorySeries(try readings(name)), startOfLife: nil, limit: nil)
        let asked = name.hasSuffix("10k") ? 1e4 : name.hasSuffix("100k") ? 1e5 : 1e6
        // The last block of each round goes beyond what was asked for, by two thirds in the slowest; rounds last a bit longer.
        #expect((0.85 * asked...1.75 * asked).contains(verdict.slope))
    }

    @Test(arguments: ["go-gc", "java-gc", "python-lru", "python-churn", "redis-fill"])
    func `A program that doesn't leak`(name: String) throws {
        let series = MemorySeries(try readings(name))
        #expect(MemoryTrend.verdict(ofWhole: series, startOfLife: nil, limit: nil).level == .none)
        let criteria = LeakCriteria(windows: [60, 180])
        #expect(MemoryTrend.verdict(of: series, startOfLife: 0, limit: nil, criteria: criteria).level == .none)
    }
}
