import Foundation
import GRDB
import TestSupport
import Testing

@testable import SeriesStore

/// What is known of services, which outlives the processes that it was learned from.
@Suite struct ServicesTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open() throws -> SeriesStore {
        try SeriesStore(directory: directory.state, retention: RetentionSettings())
    }

    private func service(_ command: String, _ json: String = "{}") -> StoredService {
        StoredService(group: "web.service", command: command, json: json)
    }

    @Test func whatWasSavedLastIsThereAfterReopening() throws {
        let store = try open()
        try store.append(.collection(at: 1000, [1: 4096]))
        try store.save([service("a", "1"), service("b\0\u{202E}", "2")])
        try store.save([service("a", "3")])
        store.close()
        #expect(Set(try open().services(limit: 10)) == [service("a", "3"), service("b\0\u{202E}", "2")])
    }

    @Test func ofTooManyThoseSavedLastAreRead() throws {
        let store = try open()
        for second in 0..<5 {
            try store.append(.collection(at: 1000 + Double(second) * 5, [1: 4096]))
            try store.save([service("\(second)")])
        }
        #expect(try store.services(limit: 2) == [service("4"), service("3")])
        #expect(try store.services(limit: -1) == [])
    }

    @Test func aServiceThatDoesNotRunForAMonthIsForgotten() throws {
        let store = try open()
        try store.append(.collection(at: 1000, [1: 4096]))
        try store.save([service("old")])
        try store.append(.collection(at: 1000 + 29 * 86_400, [1: 4096]))
        try store.save([service("new")])
        while try store.maintain() {}
        #expect(try store.services(limit: 9).count == 2)
        try store.append(.collection(at: 1000 + 31 * 86_400, [1: 4096]))
        while try store.maintain() {}
        #expect(try store.services(limit: 9) == [service("new")])
    }

    @Test func aDatabaseFromBeforeTheTableGetsIt() throws {
        let store = try open()
        try store.append(.collection(at: 1000, [1: 4096]))
        store.close()
        let file = try DatabaseQueue(path: directory.state + "/sonde.sqlite")
        try file.write { try $0.execute(sql: "DROP TABLE services") }
        try file.close()
        let reopened = try open()
        #expect(reopened.openingNotes == [])
        try reopened.save([service("a")])
        #expect(try reopened.services(limit: 9) == [service("a")])
        #expect(try reopened.points(of: .process(1), fromMonotonic: 0).count == 1)
    }

    @Test func whatCannotBeWrittenWaitsAndIsNotLost() throws {
        try directory.write("in the way", to: "state")
        let store = ResilientStore(directory: directory.state, retention: RetentionSettings())
        store.save([service("a", "1")])
        store.save([service("a", "2"), service("b")])
        store.settle()
        #expect(store.services(limit: 9) == [])
        try FileManager.default.removeItem(atPath: directory.state)
        store.append(.collection(at: 5000, [1: 4096]))
        store.settle()
        #expect(Set(store.services(limit: 9)) == [service("a", "2"), service("b")])
    }
}
