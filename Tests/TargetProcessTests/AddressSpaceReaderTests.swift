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
        let unreadable = alone.ranges.filter { $0.isExecutable && $0.isFile }
        try #require(!unreadable.isEmpty)
        #expect(Set(unreadable.map(\.object)).isDisjoint(with: code.map(\.object)))
    }

    @Test func `A file that can't be opened has a number, and nothing that could be read`() throws {
        try root.write(
            """
            1000-2000 r-xp 00000000 00:00 0
            3000-4000 r-xp 00003000 08:01 77 /opt/app/code.dll
            4000-5000 r-xp 00000000 08:01 77 /opt/app/code.dll
            5000-6000 r-xp 00000000 00:01 78 /memfd:jit (deleted)
            6000-7000 r-xs 00000000 00:01 79 /dev/zero (deleted)
            7000-8000 r-xp 00000000 00:0f 80 /anon_hugepage (deleted)

            """, to: "42/maps")
        let ranges = try #require(try read()).ranges
        try #require(ranges.count == 6)
        #expect(ranges[1].object != nil && ranges[1].object == ranges[2].object)
        #expect(ranges[3].object != nil && ranges[3].object != ranges[1].object)
        #expect(ranges[3].object.flatMap(objects.path) == "/memfd:jit")
        for index in [0, 4, 5] { #expect(ranges[index].content == .anonymous) }
        for object in ranges.compactMap(\.object) { #expect(!objects.isReadable(object)) }
    }

    @Test func `Mappings of one file around code without a file are known, so that it can be compared`() throws {
        try root.write(
            """
            1000-2000 r--p 00000000 08:01 77 /opt/app/server
            2000-4000 r-xp 00000000 00:00 0
            4000-5000 r--p 00003000 08:01 77 /opt/app/server
            5000-6000 rw-p 00004000 08:01 77 /opt/app/server
            6000-7000 rwxp 00000000 00:00 0
            7000-8000 r--p 00000000 08:01 78 /opt/app/library

            """, to: "42/maps")
        let ranges = try #require(try read()).ranges
        try #require(ranges.count == 6)
        #expect(ranges[0].object != nil && ranges[0].object == ranges[2].object)
        for index in [1, 3, 4, 5] { #expect(ranges[index].object == nil) }
    }

    @Test func `Mappings of one file around another one's code are known, so that it can be compared`() throws {
        try root.write(
            """
            1000-2000 r--p 00000000 08:01 77 /opt/app/server
            2000-3000 r-xs 00000000 00:01 78 /dev/shm/text (deleted)
            3000-4000 r-xp 00001000 00:01 78 /dev/shm/text (deleted)
            4000-5000 r--p 00003000 08:01 77 /opt/app/server
            5000-6000 rw-p 00004000 08:01 77 /opt/app/server
            7000-8000 r--p 00000000 08:01 79 /opt/app/library
            8000-9000 r-xp 00001000 08:01 79 /opt/app/library
            9000-a000 r--p 00000000 08:01 80 /opt/app/data

            """, to: "42/maps")
        let ranges = try #require(try read()).ranges
        try #require(ranges.count == 8)
        #expect(ranges[0].object != nil && ranges[0].object == ranges[3].object)
        #expect(ranges[1].object != nil && ranges[1].object == ranges[2].object)
        for index in [4, 5, 7] { #expect(ranges[index].object == nil) }
    }

    @Test func `A file whose beginning isn't mapped is known if code is in its place`() throws {
        try root.write(
            """
            1000-3000 r-xp 00000000 00:01 78 /memfd:text (deleted)
            3000-4000 rw-p 00002000 08:01 77 /opt/app/server
            5000-6000 r--p 00001000 08:01 79 /opt/app/data

            """, to: "42/maps")
        let ranges = try #require(try read()).ranges
        try #require(ranges.count == 3)
        #expect(ranges[1].object != nil && ranges[1].object != ranges[0].object)
        #expect(ranges[2].object == nil)
    }
}

extension MappedRange {
    fileprivate var isFile: Bool { if case .file = content { true } else { false } }
}
