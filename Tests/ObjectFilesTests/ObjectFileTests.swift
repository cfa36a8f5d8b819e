import Foundation
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@Suite("Object files")
struct ObjectFileTests {
    private static let source = "int helper(int x) { return x * 3; } int main(void) { return helper(2); }"

    @Test("identity, segments and sections of a program agree with eu-readelf")
    func headers() throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: Self.source, in: "a.c", with: "gcc", "-o", "program", "a.c")
        let object = try openObject(path)
        #expect(object.isPositionIndependent)
        #expect(object.machine == 62)
        let notes = try workshop.run(["eu-readelf", "-n", "program"])
        #expect(notes.contains("Build ID: \(try #require(object.buildID))"))
        let segments = try workshop.run(["eu-readelf", "-l", "program"])
        try #require(object.segments.count >= 4 && object.sections.count > 20)
        for segment in object.segments {
            #expect(segments.contains("0x" + String(format: "%016lx", segment.address.rawValue)))
        }
        let lines = try workshop.run(["eu-readelf", "-S", "program"]).split(separator: "\n")
        for section in object.sections.dropFirst() {
            let line = try #require(lines.first { $0.contains(" \(section.name) ") })
            #expect(line.contains(String(format: "%016lx", section.address.rawValue)))
        }
    }

    @Test("reading by address gives the file's bytes, across pages and up to the segment's end")
    func reading() throws {
        let object = try openObject("/lib/x86_64-linux-gnu/libc.so.6")
        let file = try bytes(of: "/lib/x86_64-linux-gnu/libc.so.6")
        let segment = try #require(object.segments.first { $0.isExecutable })
        let middle = FileAddress(rawValue: segment.address.rawValue + 4000)
        let start = Int(segment.fileOffset) + 4000
        #expect(read(object, at: middle, count: 10_000) == Array(file[start..<start + 10_000]))
        let last = FileAddress(rawValue: segment.address.rawValue + segment.fileSize - 5)
        #expect(read(object, at: last, count: 100).count == 5)
        #expect(read(object, at: FileAddress(rawValue: .max), count: 8).isEmpty)
        #expect(try object.contents(of: #require(object.section(named: ".text")), limit: 1 << 24).count > 1 << 20)
    }

    @Test("the header for unwinding starts with its version and the encodings that linkers write")
    func unwindHeader() throws {
        let object = try openObject("/lib/x86_64-linux-gnu/libc.so.6")
        let header = try #require(object.unwindHeader)
        #expect(read(object, at: header.address, count: 4) == [1, 0x1b, 0x03, 0x3b])
        #expect(object.section(named: ".eh_frame_hdr")?.address == header.address)
        #expect(object.section(named: ".eh_frame_hdr")?.size == header.size)
    }

    @Test("a page of the file that two segments share belongs to the one mapped as it is", arguments: ["bfd", "lld"])
    func sharedPages(linker: String) throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: Self.source, in: "a.c", with: "clang", "-fuse-ld=\(linker)", "-o", "program", "a.c")
        let object = try openObject(path)
        try #require(object.segments.count >= 4)
        for segment in object.segments {
            let page = segment.fileOffset & ~4095
            let address = try #require(object.fileAddress(ofFileOffset: page, isExecutable: segment.isExecutable))
            if segment.isExecutable { #expect(address.rawValue == segment.address.rawValue & ~4095) }
        }
        #expect(object.fileAddress(ofFileOffset: 1 << 40) == nil)
    }

    @Test("compressed debug sections come out as they went in", arguments: ["zlib", "zlib-gnu", "zstd"])
    func compressedSections(form: String) throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: Self.source, in: "a.c", with: "gcc", "-g3", "-o", "program", "a.c")
        let plain = try openObject(path)
        let expected = try plain.contents(of: #require(plain.section(named: ".debug_str")), limit: 1 << 24)
        try workshop.run(["objcopy", "--compress-debug-sections=\(form)", "program", "packed"])
        let packed = try openObject(workshop.directory + "/packed")
        let section = try #require(packed.section(named: ".debug_str"))
        #expect(section.size < UInt64(expected.count))
        #expect(try packed.contents(of: section, limit: 1 << 24) == expected)
        #expect(throws: ObjectFileError.self) { try packed.contents(of: section, limit: expected.count - 1) }
    }

    @Test("a damaged compressed section is refused", arguments: ["zlib", "zstd"])
    func damagedCompression(form: String) throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: Self.source, in: "a.c", with: "gcc", "-g3", "-gz=none", "-o", "program", "a.c")
        try workshop.run(["objcopy", "--compress-debug-sections=\(form)", "program"])
        let section = try #require(try openObject(path).section(named: ".debug_str"))
        var image = try bytes(of: path)
        let stored = Int(section.fileOffset) + 24..<Int(section.fileOffset + section.size)
        let size = Int(section.fileOffset) + 8
        for damage in [stored.lowerBound, size] {
            let before = image[damage]
            image[damage] = before ^ 0x10
            let object = try ObjectFile(id: ObjectID(rawValue: 1), path: path, image: image)
            #expect(throws: ObjectFileError.malformed(path: path, part: ".debug_str"), "\(damage - size)") {
                try object.contents(of: section, limit: 1 << 24)
            }
            image[damage] = before
        }
    }

    @Test("a compressed section is read in pieces, as far as it goes")
    func piecesOfCompressedSections() throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: Self.manyNames, in: "a.c", with: "gcc", "-g3", "-gz=none", "-o", "program", "a.c")
        let plain = try openObject(path)
        let expected = try plain.contents(of: #require(plain.section(named: ".debug_str")), limit: 1 << 24)
        try #require(expected.count > 1 << 18)
        try workshop.run(["objcopy", "--compress-debug-sections=zlib", "program"])
        var image = try bytes(of: path)
        let section = try #require(try openObject(path).section(named: ".debug_str"))

        let whole = try decompressed(image)
        let last = UInt64(expected.count) - 5
        for offset in [1 << 17, 0, 1 << 18, last, 3] {
            #expect(whole.bytes(at: offset, count: 5) == Array(expected[Int(offset)...].prefix(5)))
        }
        #expect(whole.bytes(at: last, count: 50).count == 5)
        #expect(whole.bytes(at: last + 5, count: 1).isEmpty && whole.bytes(at: .max, count: 1).isEmpty)
        let text = expected[(1 << 16)...].prefix { $0 != 0 }
        #expect(whole.text(at: 1 << 16, limit: 1 << 16) == Array(text))
        #expect(whole.text(at: 1 << 16, limit: 2) == Array(text.prefix(2)))

        // A size that the stream doesn't have, and a stream that is none.
        let start = Int(section.fileOffset)
        image[start + 8 + 3] = 1
        let short = try decompressed(image)
        #expect(short.size > 1 << 24 && short.bytes(at: last, count: 50) == Array(expected.suffix(5)))
        #expect(short.bytes(at: 1 << 24, count: 1).isEmpty)
        image[start + 24] = 0xff
        #expect(try decompressed(image).bytes(at: 0, count: 1).isEmpty)
    }

    private static let manyNames =
        "int main(void) {}\n" + (0..<20_000).map { "int name_\($0 &* 2_654_435_761 % 1_000_000_007);\n" }.joined()

    private func decompressed(_ image: [UInt8]) throws -> DecompressedSection {
        let object = try ObjectFile(id: ObjectID(rawValue: 1), path: "/program", image: image)
        let file = try #require(object.debugFile())
        let section = try #require(file.section(named: ".debug_str"))
        return try #require(try file.decompressed(section, limit: 1 << 26, budget: object.budget))
    }
}
