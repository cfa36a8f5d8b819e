import Foundation
import SeriesStore
import TestSupport
import Testing

@Suite struct KillTests {
    private static let program = Locations.products.appending(path: "series-writer").path
    private static let key = SeriesKey(bootID: "boot", process: 17, startTicks: 7)

    @Test func killAtAnyMomentLosesNothingThatWasWritten() throws {
        let directory = try TemporaryDirectory()
        var random = SeededGenerator(state: UInt64.random(in: 0...UInt64.max))
        var next = 0
        var round = 0
        // On a slow disk, more are needed until sums are made too.
        while round < 60 || next <= 600 && round < 600 {
            defer { round += 1 }
            let writer = try Child([Self.program, directory.state, "\(next)"])
            _ = try writer.line()
            usleep(UInt32.random(in: 0..<60_000, using: &random))
            writer.kill()
            writer.waitForOutput()
            let acknowledged = try #require(
                String(decoding: writer.standardOutput, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
                    .last)
            #expect(acknowledged >= next)
            let stored = try checkedCollections(in: directory.state, round: round)
            #expect(stored == acknowledged + 1 || stored == acknowledged + 2, "round \(round)")
            next = stored
        }
        #expect(next > 600, "several hundred collections, so that sums were being made too")
    }

    /// The number of collections in the store, whose every figure is read.
    private func checkedCollections(in directory: String, round: Int) throws -> Int {
        let store = try SeriesStore(directory: directory, retention: RetentionSettings())
        defer { store.close() }
        #expect(store.openingNotes == [], "round \(round)")
        var collections = 0
        for point in try store.points(of: Self.key, fromMonotonic: 0) {
            #expect(point.minimum == UInt64(collections + 17) * 4096, "round \(round), collection \(collections)")
            collections += point.count
            #expect(point.maximum == UInt64(collections + 16) * 4096, "round \(round), collection \(collections)")
            #expect(point.last == point.maximum)
        }
        #expect(try store.liveSeries(bootID: "boot", since: 0).count == 50)
        return collections
    }
}
