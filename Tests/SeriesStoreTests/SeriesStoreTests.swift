import Foundation
import TestSupport
import Testing

@testable import SeriesStore

@Suite struct SeriesStoreTests {
    @Test func whatWasReadIsThereAfterReopening() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        try store.append(
            .collection(at: 1000, [1: 4096, 2: 8192], descriptions: [1: .named("redis"), 2: .named("nginx")]))
        try store.append(.collection(at: 1005, [1: 12288, 2: 8192]))
        store.close()

        let reopened = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        #expect(reopened.openingNotes == [])
        #expect(
            try reopened.liveSeries(bootID: boot, since: 0)
                == [.process(1): .named("redis"), .process(2): .named("nginx")])
        try reopened.append(.collection(at: 1010, [1: 12288, 2: 4097]))

        let first = try reopened.points(of: .process(1), fromMonotonic: 0)
        #expect(first.map(\.last) == [4096, 12288, 12288])
        #expect(first.map(\.monotonic) == [1000, 1005, 1010])
        #expect(first.map(\.wall) == [wallTime(1000), wallTime(1005), wallTime(1010)])
        #expect(first.map(\.residentLast) == [8192, 24576, 24576])
        #expect(first.allSatisfy { $0.span == 0 && $0.count == 1 })
        let second = try reopened.points(of: .process(2), wall: wallTime(1004)...wallTime(1010))
        #expect(second.map(\.last) == [8192, 4097])
        #expect(try reopened.points(of: .process(2), fromMonotonic: 1006).map(\.last) == [4097])
        #expect(try reopened.points(of: .process(3), fromMonotonic: 0) == [])
    }

    @Test func processThatWasNotReadIsUnknownAtThatMoment() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        try store.append(.collection(at: 1000, [1: 4096, 2: 4096]))
        try store.append(.collection(at: 1005, [2: 4096]))
        try store.append(.collection(at: 1010, [1: 4096, 2: 4096]))
        #expect(try store.points(of: .process(1), fromMonotonic: 0).map(\.monotonic) == [1000, 1010])
        #expect(try store.points(of: .process(2), fromMonotonic: 0).count == 3)
    }

    @Test func endedProcessIsNotLive() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        try store.append(.collection(at: 1000, [1: 4096, 2: 4096], descriptions: [1: .named("a"), 2: .named("b")]))
        try store.append(.collection(at: 1005, [2: 4096], ended: [1]))
        #expect(try store.liveSeries(bootID: boot, since: 0) == [.process(2): .named("b")])
        try store.append(.collection(at: 1010, [:]))
        #expect(try store.liveSeries(bootID: boot, since: 0) == [.process(2): .named("b")])
        #expect(try store.liveSeries(bootID: boot, since: 1006) == [:])
        #expect(try store.liveSeries(bootID: "another boot", since: 0) == [:])
        #expect(try store.points(of: .process(1), fromMonotonic: 0).count == 1)
    }

    @Test func sameLookTwiceCountsOnce() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        for _ in 0..<2 { try store.append(.collection(at: 1000, [1: 4096])) }
        #expect(try store.points(of: .process(1), fromMonotonic: 0).count == 1)
    }

    @Test func groupIsTheSumOfItsProcessesAtEachLook() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        try store.append(
            .collection(
                at: 1000, [1: 4096, 2: 8192, 3: 1 << 20],
                descriptions: [1: .named("a"), 2: .named("a"), 3: .named("b")]))
        try store.append(.collection(at: 1005, [1: 4096, 3: 1 << 20], ended: [2]))
        let points = try store.points(ofGroup: "a", from: wallTime(0), until: wallTime(2000))
        #expect(points.map(\.sum.last) == [12288, 4096])
        #expect(points.map(\.processes) == [2, 1])
        #expect(
            try store.points(ofGroup: "a", from: wallTime(0), until: wallTime(2000), limit: 1).map(\.sum.last) == [4096]
        )
        #expect(try store.points(ofGroup: "c", from: wallTime(0), until: wallTime(2000)) == [])
    }

    @Test(arguments: [
        "a\0b", String(decoding: [0xFF, 0xFE, 0x41], as: UTF8.self), "'; DROP TABLE collections; --", "\u{202E}x\n", "",
    ])
    func hostileNameComesBackAsItWas(name: String) throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        let description = SeriesDescription(group: name, command: name, user: .max)
        try store.append(.collection(at: 1000, [1: 4096], descriptions: [1: description]))
        #expect(try store.liveSeries(bootID: boot, since: 0) == [.process(1): description])
        #expect(try store.points(ofGroup: name, from: wallTime(0), until: wallTime(2000)).count == 1)
    }

    @Test func endlessNameIsCutAtACharacter() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        let name = "x" + String(repeating: "ä", count: 100_000)
        try store.append(.collection(at: 1000, [1: 4096], descriptions: [1: .named(name)]))
        let found = try #require(store.liveSeries(bootID: boot, since: 0)[.process(1)])
        #expect(name.hasPrefix(found.group) && found.group.utf8.count == 4095)
        #expect(try store.points(ofGroup: name, from: wallTime(0), until: wallTime(2000)).count == 1)
    }

    @Test func alertIsKeptAndReplaced() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        let active = StoredAlert(id: "leak\0", state: "active", since: 5, resolvedAt: nil, json: #"{"a":"\0"}"#)
        let resolved = StoredAlert(id: "leak\0", state: "resolved", since: 5, resolvedAt: 9, json: "{}")
        let again = StoredAlert(id: "leak\0", state: "active", since: 20, resolvedAt: nil, json: "{}")
        try store.save(active)
        #expect(try store.alerts(state: "active", limit: 10) == [active])
        try store.save(resolved)
        try store.save(again)
        #expect(try store.alerts(state: nil, limit: 10) == [again, resolved])
        #expect(try store.alerts(state: "resolved", limit: 10) == [resolved])
        #expect(try store.alerts(state: nil, limit: 1) == [again])
        #expect(try store.alertCount(state: nil) == 2)
        #expect(try store.alertCount(state: "resolved") == 1)
    }

    @Test func alertThatEndedLastComesFirstHoweverLongItWas() async throws {
        let directory = try TemporaryDirectory()
        let store = ResilientStore(directory: directory.state, retention: RetentionSettings())
        let long = StoredAlert(id: "long", state: "resolved", since: 1, resolvedAt: 1000, json: "{}")
        let short = (0..<100).map { number in
            let since = Double(10 + number)
            return StoredAlert(id: "\(number)", state: "resolved", since: since, resolvedAt: since + 1, json: "{}")
        }
        for alert in [long] + short { store.save(alert) }
        store.settle()
        #expect(store.alerts(state: "resolved", limit: 2).map(\.id) == ["long", "99"])
        let reading = await store.alerts(state: "resolved", limit: 2)
        #expect(reading.value.latest.map(\.id) == ["long", "99"])
        #expect(reading.value.total == 101 && reading.failure == nil)
    }

    @Test func closedStoreRefuses() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore(directory: directory.state, retention: RetentionSettings())
        store.close()
        store.close()
        #expect(throws: SeriesStoreError.self) { try store.append(.collection(at: 1, [:])) }
    }
}
