import Foundation
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@Suite("Address-space maps")
struct AddressSpaceMapTests {
    @Test("addresses of this process's own libc lead back to the symbols they came from")
    func liveProcess() throws {
        // Whole: Foundation's one-step readers stop after the first pages of a file in /proc.
        let text = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps")).readToEnd()
        let lines = String(decoding: text ?? Data(), as: UTF8.self).split(separator: "\n")
        let path = "/usr/lib/x86_64-linux-gnu/libc.so.6"
        let object = try openObject(path)
        let map = AddressSpaceMap(lines.compactMap { Self.mapping(String($0), object) }.reversed())
        let handle = unsafe dlopen(nil, RTLD_NOW)
        let symbol = unsafe dlsym(handle, "setlogmask")
        let pointer = try unsafe #require(symbol)
        let address = Address(rawValue: UInt64(UInt(bitPattern: pointer)))
        guard case .object(let id, let fileAddress) = map.location(of: address) else {
            Issue.record("not in the object: \(map.location(of: address))")
            return
        }
        #expect(id == object.id)
        #expect(object.symbols().symbol(containing: fileAddress)?.name.contains("setlogmask") == true)
        let found = try #require(map.object(at: address))
        #expect(found.object === object)
        #expect(address.rawValue &- found.bias == fileAddress.rawValue)
    }

    @Test("addresses between, before and after mappings are unmapped; generated code is anonymous")
    func locations() {
        let map = AddressSpaceMap([
            mapping(0x3000..<0x4000, .anonymous, isExecutable: true), mapping(0x1000..<0x2000, .heap),
            mapping(0x5000..<0x6000, .file(path: "/gone", nil), isExecutable: true),
        ])
        #expect(map.mapping(containing: Address(rawValue: 0x1fff))?.backing == .heap)
        for address: UInt64 in [0, 0xfff, 0x1000, 0x2000, 0x2fff, 0x4000, 0x6000, .max] {
            #expect(map.location(of: Address(rawValue: address)) == .unmapped(Address(rawValue: address)))
        }
        for address: UInt64 in [0x3000, 0x3fff, 0x5000] {
            #expect(map.location(of: Address(rawValue: address)) == .anonymous(Address(rawValue: address)))
        }
        #expect(AddressSpaceMap([]).mapping(containing: Address(rawValue: 0)) == nil)
    }

    // MARK: - Several segments in a page of the file

    /// `.text` and `.hot` in the first page of the file.
    private static let script = """
        PHDRS { text PT_LOAD FLAGS(5); hot PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); }
        SECTIONS
        {
            . = BASE;
            .text BASE + 0x200 : { *(.text*) } :text
            .hot BASE + 0x10400 : { *(.hot) } :hot
            .data BASE + 0x30800 : { *(.data*) *(.bss*) *(COMMON) } :data
        }
        """

    private static let source = """
        __attribute__((section(".hot"))) int hot(int x) { return x + 1; }
        int caller(int x) { return hot(x) + 1; }
        """

    /// An object file whose two executable segments lie in one page of the file.
    private func packed(_ base: String, _ flags: String...) throws -> ObjectFile {
        let workshop = try Workshop()
        try workshop.write(Self.script.replacing("BASE", with: base), to: "a.lds")
        try workshop.write(Self.source, to: "a.c")
        try workshop.run(
            ["gcc", "-O1", "-nostdlib", "-fuse-ld=lld", "-Wl,-T,a.lds", "-Wl,--entry=caller", "-o", "packed", "a.c"]
                + flags)
        let object = try openObject(workshop.directory + "/packed")
        let code = object.segments.filter(\.isExecutable)
        try #require(code.count == 2 && code.allSatisfy { $0.fileOffset < 4096 })
        return object
    }

    private func code(
        _ start: UInt64, offset: UInt64 = 0, size: UInt64 = 4096, isExecutable: Bool = true,
        _ content: MappedRange.Content = .file(path: "/packed", ObjectID(rawValue: 1))
    ) -> MappedRange {
        MappedRange(
            start: Address(rawValue: start), end: Address(rawValue: start + size), isReadable: true, isWritable: false,
            isExecutable: isExecutable, fileOffset: offset, content: content)
    }

    private func name(_ object: ObjectFile, _ map: AddressSpaceMap, _ address: UInt64) -> String? {
        guard case .object(object.id, let place) = map.location(of: Address(rawValue: address)) else { return nil }
        return object.symbol(containing: place)?.name
    }

    @Test("a program that isn't position-independent: the segment is the one of the address")
    func fixedSegments() throws {
        let object = try packed("0x400000", "-no-pie", "-static")
        for ranges in [[code(0x400000), code(0x410000)], [code(0x410000)], [code(0x400000)]] {
            let map = AddressSpaceMap(ranges, object: { _ in object })
            #expect(name(object, map, 0x410400) == (ranges.last?.start.rawValue == 0x410000 ? "hot" : nil))
            #expect(name(object, map, 0x400200) == (ranges.first?.start.rawValue == 0x400000 ? "caller" : nil))
        }
    }

    @Test("a library, and another instance of it: all mappings of one have the same bias")
    func movedSegments() throws {
        let object = try packed("0", "-shared", "-fPIC")
        for bases: [UInt64] in [[0x7f00_0000_0000], [0x7f00_0000_0000, 0x7f00_0010_0000]] {
            let map = AddressSpaceMap(
                bases.flatMap { [code($0), code($0 + 0x10000)] }, object: { _ in object })
            for base in bases {
                #expect(name(object, map, base + 0x200) == "caller")
                #expect(name(object, map, base + 0x10400) == "hot")
                #expect(map.object(at: Address(rawValue: base + 0x200))?.bias == base)
            }
        }
    }

    @Test("where nothing tells which of the segments a mapping shows, its code has no names")
    func ambiguousSegment() throws {
        let object = try packed("0", "-shared", "-fPIC")
        let map = AddressSpaceMap([code(0x7f00_0000_0000)], object: { _ in object })
        let address = Address(rawValue: 0x7f00_0000_0200)
        #expect(map.location(of: address) == .anonymous(address))
    }

    // MARK: - Files that aren't object files

    @Test("code of a file that isn't ELF, or can't be read, is known by its offset in the file")
    func plainFile() {
        let map = AddressSpaceMap([code(0x5000, offset: 0x3000)], object: { _ in nil })
        let place = FileAddress(rawValue: 0x3010)
        #expect(map.location(of: Address(rawValue: 0x5010)) == .object(ObjectID(rawValue: 1), place))
        #expect(map.object(at: Address(rawValue: 0x5010)) == nil)
        #expect(map.mapping(containing: Address(rawValue: 0x5010))?.fileAddress(of: Address(rawValue: 0x5010)) == place)
    }

    // MARK: - Copies

    /// libc's code, the third quarter of it in executable memory without a file; the memory's bytes.
    private struct Moved {
        static let base: UInt64 = 0x7f00_0000_0000
        let object: ObjectFile
        let text: LoadSegment
        let start: UInt64
        let end: UInt64
        var memory: [UInt8]

        init() throws {
            object = try openObject("/usr/lib/x86_64-linux-gnu/libc.so.6")
            text = try #require(object.segments.first { $0.isExecutable })
            let pages = text.fileSize / 4096
            start = Self.base + text.address.rawValue + pages / 2 * 4096
            end = start + pages / 4 * 4096
            memory = object.bytes(at: FileAddress(rawValue: start - Self.base), count: Int(end - start))
        }

        func map(
            _ content: MappedRange.Content = .anonymous, after other: MappedRange? = nil, alsoOpen: ObjectFile? = nil
        ) -> AddressSpaceMap {
            let first = Self.base + text.address.rawValue
            let file = MappedRange.Content.file(path: object.path, object.id)
            func range(_ start: UInt64, _ end: UInt64, _ content: MappedRange.Content) -> MappedRange {
                MappedRange(
                    start: Address(rawValue: start), end: Address(rawValue: end), isReadable: true, isWritable: false,
                    isExecutable: true, fileOffset: content == file ? start - first + text.fileOffset : 0,
                    content: content)
            }
            let limit = first + text.fileSize & ~4095
            let ranges = [range(first, start, file), range(start, end, content), range(end, limit, file)]
            let (start, memory) = (start, memory)
            let all = other.map { ranges.dropLast() + [$0] } ?? ranges
            let objects = [object, alsoOpen].compactMap { $0 }
            return AddressSpaceMap(all, object: { id in objects.first { $0.id == id } }) {
                guard let offset = Int(exactly: $0.rawValue - start), memory.indices.contains(offset) else { return [] }
                return Array(memory[offset...].prefix($1))
            }
        }
    }

    @Test(
        "executable memory between two mappings of an object file, with the file's bytes, is the object file",
        arguments: [
            MappedRange.Content.anonymous, .named("[anon:text]"), .file(path: "/memfd:text", ObjectID(rawValue: 2)),
        ])
    func copiedCode(content: MappedRange.Content) throws {
        let moved = try Moved()
        let map = moved.map(content)
        for address in [moved.start, moved.start + 5000, moved.end - 1] {
            let place = FileAddress(rawValue: address - Moved.base)
            #expect(map.location(of: Address(rawValue: address)) == .object(moved.object.id, place))
            let found = try #require(map.object(at: Address(rawValue: address)))
            #expect(found.object === moved.object && found.bias == Moved.base)
        }
    }

    @Test("pages of a copy that differ from the file are generated code")
    func patchedCopy() throws {
        var moved = try Moved()
        moved.memory[4096 + 17] ^= 1
        let map = moved.map()
        for (page, isCopy) in [(0, true), (1, false), (2, true)] {
            let address = Address(rawValue: moved.start + UInt64(page) * 4096 + 100)
            #expect((map.location(of: address) == .anonymous(address)) == !isCopy)
            #expect((map.object(at: address) != nil) == isCopy)
        }
    }

    @Test("pages of a file that differ from the object file's in their place are that file's")
    func patchedFile() throws {
        var moved = try Moved()
        moved.memory[17] ^= 1
        let file = ObjectID(rawValue: 2)
        let map = moved.map(.file(path: "/memfd:text", file))
        for (page, isCopy) in [(0, false), (1, true)] {
            let address = moved.start + UInt64(page) * 4096 + 100
            let place: CodeLocation =
                isCopy
                ? .object(moved.object.id, FileAddress(rawValue: address - Moved.base))
                : .object(file, FileAddress(rawValue: address - moved.start))
            #expect(map.location(of: Address(rawValue: address)) == place)
        }
    }

    @Test("code of another object file in the place of one's code is a copy where its bytes are equal")
    func copyInObjectFile() throws {
        var moved = try Moved()
        moved.memory[17] ^= 1
        let other = try openObject("/usr/lib/x86_64-linux-gnu/libm.so.6", number: 2)
        let map = moved.map(.file(path: other.path, other.id), alsoOpen: other)
        let places = [UInt64(100), 5000].map { map.location(of: Address(rawValue: moved.start + $0)) }
        let place = FileAddress(rawValue: moved.start + 5000 - Moved.base)
        #expect(places[1] == .object(moved.object.id, place))
        #expect(places[0] != .object(moved.object.id, FileAddress(rawValue: moved.start + 100 - Moved.base)))
    }

    @Test("the last part of an object file's code may be a copy, too")
    func copyAtTheEnd() throws {
        let moved = try Moved()
        let address = moved.start + 100
        let other = code(moved.end, .file(path: "/other", ObjectID(rawValue: 3)))
        let place = CodeLocation.object(moved.object.id, FileAddress(rawValue: address - Moved.base))
        #expect(moved.map(after: other).location(of: Address(rawValue: address)) == place)
    }

    @Test("without the process's memory nothing is taken for a copy")
    func noCopy() throws {
        let moved = try Moved()
        let address = Address(rawValue: moved.start)
        var unreadable = moved
        unreadable.memory = []
        #expect(unreadable.map().location(of: address) == .anonymous(address))
    }

    private func mapping(_ range: Range<UInt64>, _ backing: MappingBacking, isExecutable: Bool = false) -> Mapping {
        Mapping(
            start: Address(rawValue: range.lowerBound), end: Address(rawValue: range.upperBound), isReadable: true,
            isWritable: false, isExecutable: isExecutable, fileOffset: 0, backing: backing)
    }

    // 7f12a3e00000-7f12a3e26000 r-xp 00026000 fe:00 1234   /usr/lib/x86_64-linux-gnu/libc.so.6
    private static func mapping(_ line: String, _ object: ObjectFile) -> Mapping? {
        let fields = line.split(separator: " ")
        let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
        guard bounds.count == 2, let offset = UInt64(fields[2], radix: 16) else { return nil }
        let isLibc = fields.last.map(String.init) == object.path
        return Mapping(
            start: Address(rawValue: bounds[0]), end: Address(rawValue: bounds[1]),
            isReadable: fields[1].contains("r"), isWritable: fields[1].contains("w"),
            isExecutable: fields[1].contains("x"), fileOffset: offset,
            backing: isLibc ? .file(path: object.path, object) : .anonymous)
    }
}
