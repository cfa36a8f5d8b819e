import Foundation
import SeriesStore
import TestSupport
import Testing

@Suite struct StoreDirectoryTests {
    private static let writer = Locations.products.appending(path: "series-writer").path
    private let directory = try? TemporaryDirectory()

    private var state: String { get throws { try #require(directory).state } }

    private func open() throws -> SeriesStore {
        try SeriesStore(directory: state, retention: RetentionSettings())
    }

    @Test func directoryAndFilesAreForNobodyElse() throws {
        let store = try open()
        try store.append(.collection(at: 1, [1: 4096]))
        #expect(try mode(of: state) == 0o700)
        for file in ["sonde.sqlite", "sonde.sqlite-wal", "sonde.lock"] {
            #expect(try mode(of: state + "/" + file) == 0o600, "\(file)")
        }
    }

    @Test func secondAgentIsRefusedUntilTheFirstEnds() throws {
        let first = try Child([Self.writer, state, "0"])
        _ = try first.line()
        let error = #expect(throws: SeriesStoreError.self) { try open() }
        #expect(error == .inUse(path: try state + "/sonde.lock"))
        first.kill()
        try open().close()
        try open().close()
    }

    @Test func fileInPlaceOfTheDirectoryIsRefused() throws {
        try #require(directory).write("text", to: "state")
        #expect(throws: SeriesStoreError.notOwn(path: try state, reason: "not a directory")) { try open() }
    }

    @Test func directoryThatOthersMayWriteIsRefused() throws {
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o770])
        try change(state, mode: 0o770)
        #expect(throws: SeriesStoreError.notOwn(path: try state, reason: "others may write to it")) { try open() }
    }

    @Test(arguments: ["sonde.sqlite", "sonde.sqlite-wal", "sonde.sqlite-journal"])
    func linkInPlaceOfAFileIsRefused(name: String) throws {
        try open().close()
        let file = try state + "/" + name
        try? FileManager.default.removeItem(atPath: file)
        try #require(directory).write("precious", to: "target")
        let target = try #require(directory).path + "/target"
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: target)
        #expect(throws: SeriesStoreError.self) { try open() }
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
    }

    @Test func linkInPlaceOfTheLockIsRefused() throws {
        try open().close()
        let file = try state + "/sonde.lock"
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "/dev/null")
        #expect(throws: SeriesStoreError.self) { try open() }
    }

    @Test func ownLinkToTheDirectoryIsFollowed() throws {
        let real = try #require(directory).path + "/real"
        try FileManager.default.createDirectory(
            atPath: real, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.createSymbolicLink(atPath: state, withDestinationPath: real)
        #expect(try open().path == real + "/sonde.sqlite")
    }

    @Test(.enabled(if: Privileges.isRoot)) func directoryOfSomebodyElseIsRefused() throws {
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        try give(state)
        let error = #expect(throws: SeriesStoreError.self) { try open() }
        #expect(error == .notOwn(path: try state, reason: "belongs to user 65534, not to 0"))
    }

    @Test(.enabled(if: Privileges.isRoot), arguments: [false, true])
    func readOnlyDirectoryIsRefusedWithItsCause(hasStore: Bool) throws {
        let parent = try #require(directory).path
        try change(parent, mode: 0o755)
        if hasStore {
            try open().close()
        } else {
            try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        }
        for file in try FileManager.default.subpathsOfDirectory(atPath: state) {
            try give(state + "/" + file)
        }
        if hasStore { try change(state + "/sonde.sqlite", mode: 0o400) }
        try give(state)
        try change(state, mode: 0o500)
        let writer = try Child(Privileges.asNobody([Self.writer, state, "0"]))
        let line = try writer.line()
        #expect(try writer.exitStatus() == .exited(1))
        #expect(
            line.contains(try state) && (line.contains("Permission denied") || line.contains("readonly")), "\(line)")
    }

    /// As the agent finds it that has given up root's privileges, when its directory is removed.
    @Test(.enabled(if: Privileges.isRoot)) func `A directory that can't be made again has a remedy`() throws {
        try change(try #require(directory).path, mode: 0o755)
        let writer = try Child(Privileges.asNobody([Self.writer, state, "0"]))
        let line = try writer.line()
        #expect(try writer.exitStatus() == .exited(1))
        let expected = "\(try state): Permission denied for user 65534; make it for that user, or restart the agent"
        #expect(line.hasPrefix(expected), "\(line)")
    }

    private func mode(of path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? NSNumber).intValue
    }

    private func change(_ path: String, mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    /// To the user nobody.
    private func give(_ path: String) throws {
        try FileManager.default.setAttributes(
            [.ownerAccountID: 65534, .groupOwnerAccountID: 65534], ofItemAtPath: path)
    }
}
