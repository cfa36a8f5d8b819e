import Foundation
import SeriesStore
import TestSupport
import Testing

@Suite struct ResilientStoreTests {
    @Test(.enabled(if: TemporaryFileSystem.isPossible))
    func fullDiskIsOutlivedInMemoryAndCaughtUpWith() async throws {
        let disk = try TemporaryFileSystem(size: "4m")
        let ballast = disk.path + "/ballast"
        try Data(count: 3_500_000).write(to: URL(filePath: ballast))
        let store = ResilientStore(directory: disk.path + "/state", retention: RetentionSettings())
        #expect(store.status == .working)
        let collections = (0..<120).map { Self.collection($0) }
        var failedAt: Int?
        for (index, collection) in collections.enumerated() {
            write(collection, to: store)
            if failedAt == nil, store.status != .working { failedAt = index }
        }
        #expect(store.status == .failing(.full(path: disk.path + "/state/sonde.sqlite")))
        let failure = try #require(failedAt)
        #expect(failure > 0)
        #expect(store.counters.storedReadings < 120 * 1000)
        #expect(store.counters.errors > 0)
        try await expect(collections, from: store)

        try FileManager.default.removeItem(atPath: ballast)
        // A little later, as any wait for the next attempt is over then.
        let more = (132..<136).map { Self.collection($0) }
        for collection in more { write(collection, to: store) }
        #expect(store.status == .working)
        #expect(store.counters.storedReadings == 124 * 1000)
        #expect(store.counters.unstoredReadings == 0)
        await store.close()
        try await expect(
            collections + more, from: ResilientStore(directory: disk.path + "/state", retention: RetentionSettings()))
    }

    @Test func removedDirectoryIsMadeAnewWithEverybodysName() async throws {
        let directory = try TemporaryDirectory()
        let store = ResilientStore(directory: directory.state, retention: RetentionSettings())
        write(.collection(at: 10, [1: 4096, 2: 4096], descriptions: [1: .named("a"), 2: .named("b")]), to: store)
        try FileManager.default.removeItem(atPath: directory.state)
        write(.collection(at: 15, [1: 8192]), to: store)
        #expect(store.status == .failing(.removed(path: directory.state + "/sonde.sqlite")))
        #expect(store.points(of: .process(1), fromMonotonic: 0).map(\.last) == [8192])
        write(.collection(at: 20, [1: 12288], ended: [2]), to: store)
        #expect(store.status == .working)
        await store.close()

        let reopened = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        #expect(try reopened.points(of: .process(1), fromMonotonic: 0).map(\.last) == [8192, 12288])
        #expect(try reopened.liveSeries(bootID: boot, since: 0) == [.process(1): .named("a")])
    }

    @Test func unusableDirectoryIsSaidAndTriedAgainLessAndLessOften() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("in the way", to: "state")
        let store = ResilientStore(directory: directory.state, retention: RetentionSettings())
        let refusal = SeriesStoreError.notOwn(path: directory.state, reason: "not a directory")
        #expect(store.status == .failing(refusal))
        for collection in 0..<120 { write(.collection(at: Double(collection) * 5, [1: UInt64(collection)]), to: store) }
        let errors = store.counters.errors
        #expect(errors > 8 && errors < 20, "600 seconds at most a minute apart, and sooner at first: \(errors)")
        #expect(store.liveSeries(bootID: boot, since: 0) == [:], "nobody has said who it is")
        #expect(store.points(of: .process(1), fromMonotonic: 0).count == 120)
        let alert = StoredAlert(id: "a", state: "active", since: 1, resolvedAt: nil, json: "{}")
        store.save(alert)
        #expect(store.alerts(state: "active", limit: 5) == [alert])

        try FileManager.default.removeItem(atPath: directory.state)
        for collection in 132..<136 {
            write(.collection(at: Double(collection) * 5, [1: UInt64(collection)]), to: store)
        }
        #expect(store.status == .working)
        let expected = (Array(0..<120) + Array(132..<136)).map { UInt64($0) }
        #expect(store.points(of: .process(1), fromMonotonic: 0).map(\.last) == expected)
        await store.close()
        let reopened = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        #expect(try reopened.alerts(state: nil, limit: 5) == [alert])
        #expect(try reopened.points(of: .process(1), fromMonotonic: 0).count == 124)
    }

    @Test func databaseThatIsDamagedWhileItRunsIsReplaced() async throws {
        let directory = try TemporaryDirectory()
        let store = ResilientStore(directory: directory.state, retention: RetentionSettings())
        for collection in 0..<200 { store.append(Self.collection(collection)) }
        for _ in 0..<20 {
            store.maintain()
            store.settle()
        }
        let file = try FileHandle(forWritingTo: URL(filePath: directory.state + "/sonde.sqlite"))
        let length = try file.seekToEnd()
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: Int(length) - 4096))
        try file.close()

        var collection = 200
        while store.takeNotes().isEmpty, collection < 2000 {
            write(Self.collection(collection), to: store)
            store.maintain()
            _ = store.points(of: .process(500), fromMonotonic: 0)
            collection += 1
        }
        #expect(collection < 2000, "the damage is noticed, and said")
        for later in collection..<collection + 30 { write(Self.collection(later), to: store) }
        #expect(store.status == .working)
        await store.close()
        let reopened = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        #expect(reopened.openingNotes == [])
        #expect(try reopened.points(of: .process(1), fromMonotonic: Double(collection) * 5).count == 30)
        #expect(try reopened.liveSeries(bootID: boot, since: 0)[.process(7)] == .named("p7"))
    }

    @Test func tooLongABacklogIsThinnedOutAndCounted() throws {
        let directory = try TemporaryDirectory()
        try directory.write("in the way", to: "state")
        let store = ResilientStore(directory: directory.state, retention: RetentionSettings())
        for collection in 0..<400 { write(Self.collection(collection), to: store) }
        let kept = store.points(of: .process(1), fromMonotonic: 0).map(\.monotonic)
        #expect(store.counters.unstoredReadings == UInt64(400 - kept.count) * 1000)
        #expect(kept.count > 70 && kept.count <= 150)
        #expect(try #require(kept.first) < 100 && kept.last == 1995, "all of the time is covered")
        let gaps = zip(kept.dropFirst(), kept).map { $0 - $1 }
        #expect(gaps == gaps.sorted(by: >) && gaps.first ?? 0 <= 80 && gaps.last == 5, "the older, the further apart")
        try FileManager.default.removeItem(atPath: directory.state)
        for collection in 412..<420 { write(Self.collection(collection), to: store) }
        #expect(store.status == .working)
        #expect(store.counters.storedReadings + store.counters.unstoredReadings == 408_000)
        let live = store.liveSeries(bootID: boot, since: 0)
        #expect(
            live.count == 1000 && live[.process(1000)] == .named("p1000"),
            "names outlive the collections they came with")
    }

    @Test func endsOutliveTheLooksTheyCameWith() throws {
        let directory = try TemporaryDirectory()
        try directory.write("in the way", to: "state")
        let store = ResilientStore(directory: directory.state, retention: RetentionSettings())
        for number in 0..<5000 {
            let (process, before) = (Int32(number + 2), Int32(number + 1))
            let name = [process: SeriesDescription.named("p\(process)")]
            store.append(
                .collection(
                    at: Double(number), [1: 4096, process: 8192], descriptions: name, ended: number > 0 ? [before] : [])
            )
        }
        store.settle()
        try FileManager.default.removeItem(atPath: directory.state)
        for collection in 5100..<5103 { write(.collection(at: Double(collection), [1: 4096, 5001: 8192]), to: store) }
        store.settle()
        #expect(store.status == .working)
        #expect(Set(store.liveSeries(bootID: boot, since: 0).keys) == [.process(1), .process(5001)])
    }

    /// A disk that hangs is here a reader that doesn't come back.
    @Test(.timeLimit(.minutes(2))) func diskThatHangsHoldsNobodyUp() async throws {
        let directory = try TemporaryDirectory()
        let store = ResilientStore(directory: directory.state, retention: RetentionSettings())
        write(.collection(at: 0, [1: 4096], descriptions: [1: .named("a")]), to: store)
        let (entered, released) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let reader = Thread {
            store.visitPoints(bootID: boot, fromMonotonic: 0) { _, point in
                guard point.monotonic == 0 else { return }
                entered.signal()
                released.wait()
            }
        }
        reader.start()
        Self.wait(for: entered)
        for collection in 1...400 { store.append(Self.collection(collection)) }
        let alert = StoredAlert(id: "a", state: "active", since: 1, resolvedAt: nil, json: "{}")
        store.save(alert)
        store.maintain()
        store.keep(RetentionSettings())
        #expect(store.status == .working)
        #expect(store.counters.storedReadings == 1)
        #expect(store.counters.unstoredReadings >= 250_000)
        released.signal()
        await store.close()
        #expect(store.counters.storedReadings + store.counters.unstoredReadings == 400_001)
        let reopened = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        #expect(try reopened.alerts(state: nil, limit: 5) == [alert])
        #expect(try reopened.points(of: .process(1), fromMonotonic: 0).last?.monotonic == 2000)
    }

    private static func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }

    private func write(_ collection: SeriesBatch, to store: ResilientStore) {
        store.append(collection)
        store.settle()
    }

    @Test func everyCallFromManyThreadsAtOnce() async throws {
        let directory = try TemporaryDirectory()
        let store = ResilientStore(directory: directory.state, retention: RetentionSettings())
        await withTaskGroup { group in
            group.addTask { for collection in 0..<100 { store.append(Self.collection(collection)) } }
            group.addTask { for _ in 0..<50 { store.maintain() } }
            group.addTask { for _ in 0..<10 { _ = await store.points(ofGroup: "p1", from: 0, until: wallTime(1e6)) } }
            group.addTask { for _ in 0..<10 { _ = store.liveSeries(bootID: boot, since: 0) } }
        }
        #expect(store.status == .working)
        #expect(store.points(of: .process(1), fromMonotonic: 0).map(\.count).reduce(0, +) == 100)
    }

    /// 1,000 processes whose memory is another at each collection.
    private static func collection(_ number: Int) -> SeriesBatch {
        let processes = 1...1000 as ClosedRange<Int32>
        return .collection(
            at: Double(number) * 5,
            Dictionary(uniqueKeysWithValues: processes.map { ($0, UInt64(number + Int($0)) * 4096) }),
            descriptions: number == 0
                ? Dictionary(uniqueKeysWithValues: processes.map { ($0, .named("p\($0)")) }) : [:])
    }

    private func expect(_ collections: [SeriesBatch], from store: ResilientStore) async throws {
        let points = store.points(of: .process(7), fromMonotonic: 0)
        #expect(points.map(\.monotonic) == collections.map(\.monotonic))
        #expect(points.map(\.last) == collections.map { collection in UInt64(collection.monotonic / 5 + 7) * 4096 })
        let group = await store.points(ofGroup: "p7", from: 0, until: wallTime(1e6))
        #expect(group.value.map(\.sum) == points)
        #expect(group.failure == nil)
        #expect(store.liveSeries(bootID: boot, since: 0).count == 1000)
    }
}
