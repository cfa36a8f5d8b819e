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

    @Test("a file cut off anywhere is read as far as it goes, or refused")
    func truncated() throws {
        let whole = try Self.small.get()
        for length in Array(0..<1024) + Array(stride(from: 1024, to: whole.count, by: 97)) {
            readEverything(Array(whole[..<length]))
        }
    }

    @Test("flipped bits anywhere are survived", arguments: 0..<8)
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
            readEverything(damaged)
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
            readEverything(damaged)
        }
    }

    @Test("as many sections and program headers as the header can claim")
    func countsOutOfRange() throws {
        var damaged = try Self.small.get()
        damaged.replaceSubrange(60..<62, with: [0xff, 0xff])
        let object = try ObjectFile(id: ObjectID(rawValue: 1), path: "/small", image: damaged)
        #expect(object.sections.isEmpty)
        #expect(object.sectionDefect == .malformed(path: "/small", part: "the section header table"))
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

    @Test("a sparse file of a tebibyte that claims millions of sections costs nothing")
    func sparseFile() throws {
        let workshop = try Workshop()
        var header = Array(try Self.small.get().prefix(64))
        header.replaceSubrange(40..<48, with: [0, 0, 0, 1, 0, 0, 0, 0])
        header.replaceSubrange(60..<62, with: [0, 0])
        let path = workshop.directory + "/sparse"
        try Data(header).write(to: URL(fileURLWithPath: path))
        try workshop.run(["truncate", "-s", "1T", path])
        #expect(throws: Never.self) { try openObject(path).symbols() }
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

    /// Calls everything that reads; the outcome doesn't matter, only that there is one.
    private func readEverything(_ image: [UInt8]) {
        guard let object = try? open(image) else { return }
        for section in object.sections { _ = try? object.contents(of: section, limit: 1 << 20) }
        let table = object.symbols()
        for segment in object.segments {
            _ = read(object, at: segment.address, count: 300)
            _ = object.fileAddress(ofFileOffset: segment.fileOffset)
            for distance: UInt64 in [0, 1, 100, segment.memorySize] {
                _ = table.symbol(containing: FileAddress(rawValue: segment.address.rawValue &+ distance))
            }
        }
        _ = table.symbol(containing: FileAddress(rawValue: .max))
    }
}

/// What `object` reads at `address`.
func read(_ object: ObjectFile, at address: FileAddress, count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        initialized = unsafe object.read(at: address, into: UnsafeMutableRawBufferPointer(buffer))
    }
}
