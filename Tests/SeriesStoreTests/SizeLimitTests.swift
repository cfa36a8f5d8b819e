import Foundation
import TestSupport
import Testing

@testable import SeriesStore

@Suite struct SizeLimitTests {
    @Test func oldestGoesAndTheFileShrinks() throws {
        let directory = try TemporaryDirectory()
        var retention = RetentionSettings()
        retention.raw = 1e6
        let store = try SeriesStore(directory: directory.state, retention: retention)
        var random = SeededGenerator(state: 3)
        for collection in 0..<600 {
            let processes = 1...300 as ClosedRange<Int32>
            let bytes = Dictionary(
                uniqueKeysWithValues: processes.map { ($0, UInt64.random(in: 0..<1 << 40, using: &random)) })
            try store.append(.collection(at: Double(collection) * 30, bytes))
            if collection.isMultiple(of: 10) { try store.maintain() }
        }
        let before = try size(of: directory)
        let all = try store.points(of: .process(1), fromMonotonic: 0)
        #expect(all.count == 600)
        retention.maximumBytes = before / 2
        store.keep(retention)
        var calls = 0
        while try store.maintain() { calls += 1 }
        #expect(try size(of: directory) <= before / 2)
        let kept = try store.points(of: .process(1), fromMonotonic: 0)
        #expect(kept == all.suffix(kept.count) && kept.count > 100, "the latest, as they were")
        #expect(calls < 100)

        retention.maximumBytes = 0
        store.keep(retention)
        while try store.maintain() {}
        #expect(try store.points(of: .process(1), fromMonotonic: 0).last == all.last)
        try store.append(.collection(at: 1e6, [1: 4096]))
        #expect(try store.points(of: .process(1), fromMonotonic: 1e6).count == 1)
    }

    /// Every minute, over all processes that were seen in months: what has to be read are a few of them.
    @Test(arguments: [
        (Expiry.deletion(from: "series", Expiry.brief), "INDEX brief_series (ended<?)"),
        (Expiry.deletion(from: "series", Expiry.unseen), "INDEX series_by_seen (seen<?)"),
        (Compaction.seriesWithin, "INDEX ended_series (ended>? AND ended<?)"),
    ])
    func processesAreFoundByAnIndexThatHasNoOthers(statement: String, index: String) throws {
        let directory = try TemporaryDirectory()
        try SeriesStore(directory: directory.state, retention: RetentionSettings()).close()
        let plan = try SQLiteFile(directory.state + "/sonde.sqlite").plan(statement)
        #expect(plan.contains(index) && !plan.contains("SCAN"), "\(plan)")
    }

    /// Of the database and its log.
    private func size(of directory: TemporaryDirectory) throws -> UInt64 {
        try ["sonde.sqlite", "sonde.sqlite-wal"].map { name in
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.state + "/" + name)
            return try #require(attributes[.size] as? NSNumber).uint64Value
        }.reduce(0, +)
    }
}
