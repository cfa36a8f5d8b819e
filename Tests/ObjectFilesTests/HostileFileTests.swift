import Foundation
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@Suite("Files that lie")
struct HostileFileTests {
    private static let small = Result { () throws -> [UInt8] in
        let workshop = try Workshop()
        let path = try workshop.build(
            "small", from: "int helper(void) { return 1; } int main(void) { return helper(); }", in: "a.c",
            with: "gcc", "-g", "-gz=zlib", "-O1", "-o", "small", "a.c")
        return try bytes(of: path)
    }

    /// Without a C library's start code, so that every byte of it can be changed; with all kinds of sections.
    private static let smallest = Result { () throws -> [UInt8] in
        let workshop = try Workshop()
        let path = try workshop.build(
            "smallest", from: "int helper(void) { return 1; } int entry(void) { return helper(); }", in: "a.c",
            with: "gcc", "-g1", "-gz=zlib", "-O0", "-shared", "-nostdlib", "-Wl,-z,noseparate-code", "-o", "smallest",
            "a.c")
        try workshop.run(["objcopy", "--only-keep-debug", "smallest", "mini"])
        try workshop.run(["xz", "-k", "mini"])
        try workshop.run([
            "objcopy", "--add-section", ".gnu_debugdata=mini.xz", "--add-gnu-debuglink=mini", "smallest",
        ])
        return try bytes(of: path)
    }

    @Test("a file cut off at any length is read as far as it goes, or refused")
    func truncated() throws {
        let whole = try Self.smallest.get()
        #expect(whole.count < 16_384)
        for length in whole.indices { ObjectFile.readEverything(in: Array(whole[..<length])) }
    }

    @Test("any single byte may be another one", arguments: 0..<4)
    func byteFlips(seed: UInt64) throws {
        let whole = try Self.smallest.get()
        var random = SeededGenerator(state: seed)
        for _ in 0..<1500 {
            var damaged = whole
            damaged[Int.random(in: whole.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            ObjectFile.readEverything(in: damaged)
        }
    }

    @Test("flipped bits all over are survived", arguments: 0..<8)
    func bitFlips(seed: UInt64) throws {
        let whole = try Self.small.get()
        var random = SeededGenerator(state: seed)
        for _ in 0..<150 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let header = Bool.random(using: &random)
                let position =
                    header
                    ? Int.random(in: 0..<1200, using: &random)
                    : Int.random(in: max(0, whole.count - 6000)..<whole.count, using: &random)
                damaged[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            ObjectFile.readEverything(in: damaged)
        }
    }

    @Test("every header word replaced by extreme values", arguments: [0, 1, 0x7fff_ffff, 0xffff_ffff, UInt64.max])
    func extremeWords(value: UInt64) throws {
        let whole = try Self.small.get()
        let table = Int(unsafe whole.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: 40, as: UInt64.self) })
        for position in Array(stride(from: 16, to: 900, by: 4)) + Array(stride(from: table, to: whole.count - 8, by: 8))
        {
            var damaged = whole
            for byte in 0..<8 where position + byte < damaged.count {
                damaged[position + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(byte)))
            }
            ObjectFile.readEverything(in: damaged)
        }
    }

    @Test("as many sections and program headers as the header can claim")
    func countsOutOfRange() throws {
        var damaged = try Self.small.get()
        damaged.replaceSubrange(60..<62, with: [0xff, 0xff])
        let object = try ObjectFile(id: ObjectID(rawValue: 1), path: "/small", image: damaged)
        #expect(object.sections.isEmpty)
        #expect(
            object.sectionDefect
                == .tooLarge(path: "/small", part: "the number of sections", size: 0xffff, limit: 8192))
        #expect(!object.segments.isEmpty)
        damaged.replaceSubrange(56..<58, with: [0xff, 0xff])
        #expect(throws: ObjectFileError.self) { try open(damaged) }
    }

    @Test("what is not a 64-bit little-endian ELF file is named as what it is")
    func otherFormats() throws {
        let whole = try Self.small.get()
        #expect(throws: ObjectFileError.notELF(path: "/x")) { try open([]) }
        #expect(throws: ObjectFileError.notELF(path: "/x")) { try open(Array("#!/bin/sh\nexec true".utf8)) }
        var narrow = whole
        narrow[4] = 1
        #expect(throws: ObjectFileError.unsupportedFormat(path: "/x", format: "32-bit")) { try open(narrow) }
        var swapped = whole
        swapped[5] = 2
        #expect(throws: ObjectFileError.unsupportedFormat(path: "/x", format: "big-endian")) { try open(swapped) }
        #expect(throws: ObjectFileError.notARegularFile(path: "/dev/null")) { try openObject("/dev/null") }
        #expect(throws: ObjectFileError.notARegularFile(path: "/")) { try openObject("/") }
    }

    @Test("a sparse file of a tebibyte that claims to have no end of sections is read or refused at once")
    func sparseFile() throws {
        let workshop = try Workshop()
        var header = Array(try Self.small.get().prefix(64))
        header.replaceSubrange(40..<48, with: [0, 0, 0, 1, 0, 0, 0, 0])
        header.replaceSubrange(60..<62, with: [0, 0])
        let path = workshop.directory + "/sparse"
        try Data(header).write(to: URL(fileURLWithPath: path))
        try workshop.run(["truncate", "-s", "1T", path])
        let object = try openObject(path)
        #expect(object.sections.isEmpty)
        #expect(object.symbols().count == 0)
        // The first section's header has the count when the ELF header has none.
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seek(toOffset: (1 << 24) + 32)
        try handle.write(contentsOf: Data([0, 0, 0, 8, 0, 0, 0, 0]))
        #expect(
            throws: ObjectFileError.tooLarge(
                path: path, part: "the number of sections", size: 1 << 27, limit: 8192)
        ) { try openObject(path) }
    }

    @Test("a file that shrinks while it is open gives what is left")
    func shrinkingFile() throws {
        let workshop = try Workshop()
        let path = workshop.directory + "/small"
        try Data(try Self.small.get()).write(to: URL(fileURLWithPath: path))
        let object = try openObject(path)
        let text = try #require(object.section(named: ".text"))
        try workshop.run(["truncate", "-s", "100", path])
        #expect(throws: ObjectFileError.self) { try object.contents(of: text, limit: 1 << 20) }
        #expect(object.symbols().count == 0)
        #expect(read(object, at: text.address, count: 16).isEmpty)
    }

    @discardableResult
    private func open(_ image: [UInt8]) throws(ObjectFileError) -> ObjectFile {
        try ObjectFile(id: ObjectID(rawValue: 1), path: "/x", image: image)
    }
}

/// What `object` reads at `address`.
func read(_ object: ObjectFile, at address: FileAddress, count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        initialized = unsafe object.read(at: address, into: UnsafeMutableRawBufferPointer(buffer))
    }
}
