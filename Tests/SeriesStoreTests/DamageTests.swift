import Foundation
import SeriesStore
import TestSupport
import Testing

@Suite struct DamageTests {
    private static let collections = 400

    /// A store with sums and collections, written and closed.
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        var retention = RetentionSettings()
        retention.raw = 600
        let store = try SeriesStore(directory: directory.state, retention: retention)
        for collection in 0..<Self.collections {
            let processes = Dictionary(uniqueKeysWithValues: (1...40).map { ($0, Self.bytes(of: $0, at: collection)) })
            let descriptions = collection == 0 ? processes.mapValues { _ in SeriesDescription.named("g") } : [:]
            try store.append(.collection(at: Double(collection) * 5, processes, descriptions: descriptions))
            if collection.isMultiple(of: 10) { try store.maintain() }
        }
        store.close()
    }

    private var file: URL { URL(filePath: directory.state + "/sonde.sqlite") }
    private var asides: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: directory.state)
                .filter { $0.hasPrefix("sonde.sqlite.damaged-") }
        }
    }

    private static func bytes(of process: Int32, at collection: Int) -> UInt64 {
        UInt64(collection * 7 + Int(process)) * 4096
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func randomBytesOverPagesNeverGiveAWrongFigure(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        var bytes = [UInt8](try Data(contentsOf: file))
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let page = Int.random(in: 0..<bytes.count / 4096, using: &random) * 4096
            let range = seed.isMultiple(of: 2) ? page..<page + 4096 : page + 100..<page + 105
            for index in range { bytes[index] = UInt8.random(in: 0...255, using: &random) }
        }
        try Data(bytes).write(to: file)
        try expectUsable(figures: .rightOrMissing)
    }

    @Test(arguments: [4096, 40_960, 5000, 100])
    func truncatedFileIsMovedAside(length: Int) throws {
        try Data(contentsOf: file).prefix(length).write(to: file)
        try expectUsable(figures: .missing)
        #expect(try asides.count == 1)
    }

    @Test func fileThatIsNoDatabaseIsMovedAside() throws {
        try Data("Dear diary,\n".utf8).write(to: file)
        try expectUsable(figures: .missing)
        let aside = try #require(asides.first)
        #expect(try Data(contentsOf: URL(filePath: directory.state + "/" + aside)) == Data("Dear diary,\n".utf8))
    }

    @Test func emptyFileIsANewStore() throws {
        try Data().write(to: file)
        try expectUsable(figures: .missing)
        #expect(try asides == [])
    }

    @Test func onlyTheNewestDamagedFilesAreKept() throws {
        for round in 0..<4 {
            try Data("damage \(round)".utf8).write(to: file)
            let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
            #expect(store.openingNotes.count == 1)
            store.close()
        }
        #expect(try asides.count == 2)
    }

    @Test func databaseOfALaterVersionIsLeftAlone() throws {
        try SQLiteFile(file.path).execute("PRAGMA user_version = 99")
        let error = #expect(throws: SeriesStoreError.self) {
            try SeriesStore(directory: directory.state, retention: RetentionSettings())
        }
        #expect(error == .newer(path: file.path))
        #expect(try SQLiteFile(file.path).number("SELECT count(*) FROM collections") > 0)
        #expect(try asides == [])
    }

    @Test func databaseOfAnEarlierVersionIsMovedAside() throws {
        try SQLiteFile(file.path).execute("PRAGMA user_version = 2")
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        let outdated = try #require(
            try FileManager.default.contentsOfDirectory(atPath: directory.state).first {
                $0.hasPrefix("sonde.sqlite.outdated-")
            })
        #expect(
            store.openingNotes == [
                "\(file.path) was written by an earlier version of sonde (schema 2, now 3) and is now "
                    + "\(directory.state)/\(outdated); a new database was created"
            ])
        try store.append(.collection(at: 100_000, [1: 4096]))
        #expect(try store.points(of: .process(1), fromMonotonic: 0).count == 1)
        store.close()
        #expect(try asides == [])
    }

    @Test func lostLogLosesOnlyWhatWasInIt() throws {
        let writer = try Child([
            Locations.products.appending(path: "series-writer").path, directory.path + "/other", "0",
        ])
        try writer.line { Int($0) ?? 0 > 75 }
        writer.kill()
        let database = directory.path + "/other/sonde.sqlite"
        try FileManager.default.removeItem(atPath: database + "-wal")
        let store = try SeriesStore(directory: directory.path + "/other", retention: RetentionSettings())
        #expect(store.openingNotes == [])
        var collections = 0
        let key = SeriesKey(bootID: "boot", process: 1, startTicks: 7)
        for point in try store.points(of: key, fromMonotonic: 0) {
            #expect(point.minimum == UInt64(collections + 1) * 4096)
            collections += point.count
        }
        try store.append(.collection(at: 1e6, [1: 4096]))
    }

    private enum Figures { case rightOrMissing, missing }

    /// Opens the store, compares all that it gives, and writes and reads a new collection.
    private func expectUsable(figures: Figures) throws {
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        var found = 0
        for process in 1...40 as ClosedRange<Int32> {
            for point in try store.points(of: .process(process), fromMonotonic: 0) {
                found += point.count
                let first = Int((point.monotonic / 5).rounded())
                #expect(point.minimum >= Self.bytes(of: process, at: first))
                #expect(point.maximum == Self.bytes(of: process, at: first) || point.span > 0)
                #expect(point.maximum <= Self.bytes(of: process, at: first + Int(point.span / 5)))
                #expect(point.residentLast == point.last * 2)
            }
        }
        if figures == .missing { #expect(found == 0) }
        if found < Self.collections * 40, figures == .rightOrMissing { #expect(store.openingNotes != []) }
        try store.append(.collection(at: 100_000, [1: 4096]))
        while try store.maintain() {}
        #expect(try store.points(of: .process(1), fromMonotonic: 100_000).map(\.last) == [4096])
        store.close()
        let reopened = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        #expect(try reopened.points(of: .process(1), fromMonotonic: 100_000).map(\.last) == [4096])
    }
}
