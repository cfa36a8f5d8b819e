import Foundation
import TestSupport
import Testing

@testable import SeriesStore

/// Damage that SQLite's quick check doesn't see.
@Suite struct MendingTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var path: String { directory.state + "/sonde.sqlite" }

    private func open(_ trust: FileTrust = .trusted) throws -> SeriesStore {
        try SeriesStore(directory: directory.state, retention: RetentionSettings(), trust: trust)
    }

    /// Collections from the given minutes on, each of whose figures differs from the one before.
    private func fill(minutes: ClosedRange<Int>) throws {
        let store = try open()
        for collection in minutes.lowerBound * 12..<minutes.upperBound * 12 {
            try store.append(.collection(at: Double(collection) * 5, [1: bytes(at: collection), 2: 4096, 3: 8192]))
        }
        while try store.maintain() {}
        store.close()
    }

    private func bytes(at collection: Int) -> UInt64 { UInt64(collection) * 4096 }

    /// Changes a byte of each key in an index that is one page large.
    private func damage(index: String) throws {
        let root = try SQLiteFile(path).number("SELECT rootpage FROM sqlite_master WHERE name = '\(index)'")
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let page = (root - 1) * 4096
        func number(at offset: Int) -> Int { Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }
        try #require(bytes[page] == 10, "a leaf of an index")
        for cell in 0..<number(at: page + 3) {
            // Its size, a header of three bytes, and the key's first byte.
            bytes[page + number(at: page + 8 + 2 * cell) + 4] ^= 1
        }
        try Data(bytes).write(to: URL(filePath: path))
        #expect(try SQLiteFile(path).text("PRAGMA quick_check") == "ok")
        #expect(try SQLiteFile(path).text("PRAGMA integrity_check") != "ok")
    }

    @Test func anIndexThatIsDamagedIsMadeAnewAndNothingIsLost() async throws {
        // Not from 0, which SQLite writes without a byte.
        try fill(minutes: 1...20)
        try damage(index: "series_by_seen")
        let store = ResilientStore(directory: directory.state, retention: RetentionSettings())
        #expect(store.status == .working && store.takeNotes().isEmpty)
        var notes: [String] = []
        for collection in 240..<260 {
            store.append(
                .collection(
                    at: Double(collection) * 5, [1: bytes(at: collection), 2: 4096], ended: collection == 240 ? [3] : []
                ))
            store.settle()
            notes += store.takeNotes()
        }
        #expect(notes.count == 1 && notes.first?.contains("indexes were rebuilt") == true, "\(notes)")
        #expect(store.status == .working)
        #expect(store.counters.storedReadings == 40)
        #expect(store.points(of: .process(1), fromMonotonic: 0).map(\.count).reduce(0, +) == 248)
        await store.close()
        #expect(try SQLiteFile(path).text("PRAGMA integrity_check") == "ok")
        #expect(try open().openingNotes == [])
    }

    @Test func aFileThatIsDamagedAgainSoonAfterItWasCheckedIsMovedAside() throws {
        try fill(minutes: 0...1)
        var disk = StoreDisk()
        #expect(disk.trust == .trusted)
        disk.noteDamage()
        #expect(disk.trust == .suspect)
        try disk.noteOpened(open(.suspect))
        #expect(disk.trust == .trusted && disk.store?.openingNotes == [])
        disk.close()
        disk.noteDamage()
        #expect(disk.trust == .none)
        try disk.noteOpened(open(.none))
        #expect(disk.store?.openingNotes.first?.contains("a new database was created") == true)
        #expect(try disk.store?.points(of: .process(1), fromMonotonic: 0) == [])
    }

    @Test(arguments: Span.allCases) func aSumWithAWrongTimeDoesNotHoldUpTheNext(span: Span) throws {
        try fill(minutes: 0...130)
        let latest = "(SELECT max(time) FROM \(span.table))"
        try SQLiteFile(path).execute("UPDATE \(span.table) SET time = time + 1000000000000 WHERE time = \(latest)")
        let store = try open()
        #expect(store.openingNotes == ["\(path): 1 damaged records were removed"])
        store.close()
        try fill(minutes: 130...260)
        #expect(try SQLiteFile(path).number("SELECT count(*) FROM five_minutes") == 51)
        #expect(try SQLiteFile(path).number("SELECT count(*) FROM hours") == 4)
    }

    @Test func looksThatOnlySayWhatDiffersFromADamagedOneGoWithIt() throws {
        try fill(minutes: 0...10)
        try SQLiteFile(path).execute("UPDATE collections SET content = zeroblob(9) WHERE monotonic = 330")
        let store = try open()
        #expect(store.openingNotes == ["\(path): 1 damaged records were removed"])
        // Five minutes begin with all figures: at 0 s and 300 s.
        let points = try store.points(of: .process(1), fromMonotonic: 300)
        #expect(points.map(\.monotonic) == [300, 305, 310, 315, 320, 325])
        #expect(points.map(\.last) == (60..<66).map(bytes))
        try store.append(.collection(at: 600, [1: bytes(at: 120)]))
        #expect(try store.points(of: .process(1), fromMonotonic: 330).map(\.last) == [bytes(at: 120)])
    }
}
