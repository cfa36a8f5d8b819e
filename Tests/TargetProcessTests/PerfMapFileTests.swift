import Foundation
import ProcFS
import ProfileModel
import SystemSupport
import Testing

@testable import TargetProcess

/// Which file is the perf map of a process; this one is its own target.
@Suite(.serialized) struct PerfMapFileTests {
    private let process = ProcessID(rawValue: getpid())
    private var path: String { "/tmp/perf-\(process).map" }

    private func isFound(modified: Date = Date(), since start: MonotonicTime? = nil) throws -> Bool {
        try Data("1000 20 a\n".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.setAttributes([.modificationDate: modified], ofItemAtPath: path)
        return try openedInode(since: start) == FileStatus(path: path).inode
    }

    private func openedInode(since start: MonotonicTime?) throws -> UInt64? {
        let directory = try ProcFS().process(process)
        guard let file = PerfMapFile.open(of: directory, since: start) else { return nil }
        return try file.status().inode
    }

    @Test func `The map that a process writes is its own`() throws {
        #expect(try isFound())
        #expect(try isFound(since: .now))
    }

    @Test func `The map of an earlier process with the same number is not`() throws {
        let start = try ProcFS().process(process).stat().startTicks
        let age = SystemClock.boot.seconds - Clocks.seconds(ofTicks: start)
        #expect(try !isFound(modified: Date().addingTimeInterval(-age - 1)))
    }

    @Test func `The map that the process wrote before it executed another program is not`() throws {
        #expect(try !isFound(modified: Date().addingTimeInterval(-5), since: .now))
    }

    @Test func `Without a map there is none`() throws {
        #expect(try openedInode(since: nil) == nil)
    }
}
