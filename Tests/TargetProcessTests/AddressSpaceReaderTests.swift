import Foundation
import ProcFS
import ProfileModel
import TargetProcess
import TestSupport
import Testing

/// Mappings of processes that end while they are read, in made-up `/proc` trees.
@Suite struct AddressSpaceReaderTests {
    private static let own = ProcessID(rawValue: getpid())
    private let root: TemporaryDirectory
    private let objects = TracedObjects()

    init() throws {
        root = try TemporaryDirectory()
        try root.write("42 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0\n", to: "42/stat")
        try root.write(try Array(Data(contentsOf: URL(filePath: "/proc/self/maps"))), to: "42/maps")
        try root.write("700 300 200 100 0 100 0\n", to: "42/statm")
    }

    private func read(openElsewhere: ((MemoryMapping) -> ObjectID?)? = nil) throws -> MemoryMap? {
        let directory = try ProcFS(root: root.path).process(ProcessID(rawValue: 42))
        let reader = AddressSpaceReader(of: directory, objects: objects, openElsewhere: openElsewhere)
        return try reader.readChanges(of: directory)
    }

    @Test func `A list that may be cut short because the process has ended isn't taken`() throws {
        try root.write("0 0 0 0 0 0 0\n", to: "42/statm")
        #expect(throws: ProcFSError.vanished(file: "maps")) { try read() }
    }

    @Test func `A process without mappings has ended`() throws {
        try root.write("", to: "42/maps")
        #expect(throws: ProcFSError.vanished(file: "maps")) { try read() }
    }

    @Test func `Files that can't be opened any more are opened elsewhere`() throws {
        let directory = try ProcFS().process(Self.own)
        let reader = AddressSpaceReader(of: directory, objects: objects)
        let map = try #require(try read { reader.object(behind: $0, in: directory) })
        let code = map.ranges.filter { $0.isExecutable && $0.isFile }
        #expect(!code.isEmpty)
        #expect(code.allSatisfy { $0.object != nil })
        let alone = try #require(try read())
        try #require(alone.ranges.contains { $0.isFile })
        #expect(alone.ranges.allSatisfy { !$0.isFile || $0.object == nil })
    }
}

extension MappedRange {
    fileprivate var isFile: Bool { if case .file = content { true } else { false } }
}
