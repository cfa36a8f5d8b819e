import Foundation
import SeriesStore
import TestSupport
import Testing

@Suite struct SizeLimitTests {
    @Test func oldestGoesAndTheFileShrinks() throws {
        let directory = try TemporaryDirectory()
        var retention = RetentionSettings()
        retention.raw = 1e6
        let store = try SeriesStore(directory: directory.state, retention: retention)
        var random = SeededGenerator(state: 3)
        for look in 0..<600 {
            let processes = 1...300 as ClosedRange<Int32>
            let bytes = Dictionary(
                uniqueKeysWithValues: processes.map { ($0, UInt64.random(in: 0..<1 << 40, using: &random)) })
            try store.append(.look(at: Double(look) * 30, bytes))
            if look.isMultiple(of: 10) { try store.maintain() }
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
        try store.append(.look(at: 1e6, [1: 4096]))
        #expect(try store.points(of: .process(1), fromMonotonic: 1e6).count == 1)
    }

    /// Every minute, over all processes that were seen in months.
    @Test(arguments: ["ended < 9", "ended < 9 AND began / 300000 = ended / 300000", "seen < 9"])
    func whatIsForgottenIsFoundByAnIndex(condition: String) throws {
        let directory = try TemporaryDirectory()
        try SeriesStore(directory: directory.state, retention: RetentionSettings()).close()
        let file = try SQLiteFile(directory.state + "/sonde.sqlite")
        let plan = try file.plan("SELECT rowid FROM subjects WHERE \(condition) LIMIT 500")
        #expect(plan.hasPrefix("SEARCH subjects USING"), "\(plan)")
    }

    /// Of the database and its log.
    private func size(of directory: TemporaryDirectory) throws -> UInt64 {
        try ["sonde.sqlite", "sonde.sqlite-wal"].map { name in
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.state + "/" + name)
            return try #require(attributes[.size] as? NSNumber).uint64Value
        }.reduce(0, +)
    }
}
