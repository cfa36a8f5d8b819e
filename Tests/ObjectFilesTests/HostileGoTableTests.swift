import ObjectFiles
import ProfileModel
import TestSupport
import Testing

@Suite("Go tables of functions that lie")
struct HostileGoTableTests {
    private static let code: UInt64 = ForgedObject.code

    /// A table of one function of 64 bytes, by the magic number of its format.
    private static func table(
        _ magic: UInt64, depths: [UInt8] = [2, 64, 0], end: UInt64 = 64, recordStart: UInt64 = 0, count: UInt64 = 1,
        name: UInt64 = 0, textStart: UInt64 = code
    ) -> [UInt8] {
        let isRelative = magic >= 0xffff_fff0 && magic <= 0xffff_fff1
        let isOldest = magic == 0xffff_fffb
        let (names, records, values): (UInt64, UInt64, UInt64) = (80, 96, 192)
        let size = isRelative ? 4 : 8
        let base = isRelative ? 0 : textStart
        let index = little(base, size) + little(isOldest ? 120 : 24, size) + little(base + end, size)
        let record =
            little(base + recordStart, size) + little((isOldest ? names : 0) + name, 4) + little(0, 8)
            + little(isOldest ? values + 1 : 1, 4)
        var bytes = little(magic, 4) + [0, 0, 1, 8] + little(count, 8)
        switch magic {
        case 0xffff_fffb: bytes += index
        case 0xffff_fffa: bytes += [0, names, 0, 0, values, records].flatMap { little($0, 8) }
        default: bytes += [0, textStart, names, 0, 0, values, records].flatMap { little($0, 8) }
        }
        put(Array("main.f\0".utf8), at: names, &bytes)
        if !isOldest { put(index, at: records, &bytes) }
        put(record, at: isOldest ? 120 : records + 24, &bytes)
        put([0] + depths, at: values, &bytes)
        return bytes
    }

    private static func put(_ part: [UInt8], at offset: UInt64, _ bytes: inout [UInt8]) {
        bytes += [UInt8](repeating: 0, count: max(0, Int(offset) - bytes.count))
        bytes.replaceSubrange(Int(offset)..., with: part)
    }

    private static func little(_ value: UInt64, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    private func open(_ table: [UInt8]) throws -> ObjectFile {
        try ObjectFile(id: ObjectID(rawValue: 1), path: "/forged", image: ForgedObject.image(goTable: table))
    }

    private func function(_ table: [UInt8], at offset: UInt64 = 10) throws -> GoFunction? {
        try open(table).goFunctions?.function(covering: FileAddress(rawValue: Self.code + offset))
    }

    private static let formats: [UInt64] = [0xffff_fff1, 0xffff_fff0, 0xffff_fffa, 0xffff_fffb]

    @Test("each format is read", arguments: formats)
    func read(magic: UInt64) throws {
        let function = try #require(try function(Self.table(magic, depths: [2, 4, 0x30, 59, 0x2f, 1, 0])))
        #expect(function.name == "main.f")
        #expect(function.range.lowerBound.rawValue == Self.code)
        #expect(function.range.upperBound.rawValue == Self.code + 64)
        let (depths, end) = try #require(function.stackDepths)
        #expect(depths.map(\.depth) == [0, 24, 0])
        #expect(depths.map { $0.start.rawValue - Self.code } == [0, 4, 63])
        #expect(end == function.range.upperBound)
        #expect(try self.function(Self.table(magic), at: 64) == nil)
    }

    @Test("a header that contradicts the file is refused", arguments: formats)
    func headers(magic: UInt64) throws {
        let tables = [
            Self.table(magic, count: 0), Self.table(magic, count: 1 << 20), Self.table(magic, count: .max),
            Self.table(magic, end: 0), Self.table(magic, end: 1 << 30), Self.table(magic, textStart: 1 << 40),
            Self.table(0xffff_ffff), Array(Self.table(magic).prefix(20)), [],
        ]
        for table in tables {
            let object = try open(table)
            #expect(object.goFunctions == nil)
            guard case .malformed("/forged", _) = object.goDefect else {
                Issue.record("\(String(describing: object.goDefect))")
                continue
            }
            #expect(object.symbol(containing: FileAddress(rawValue: Self.code)) == nil)
        }
    }

    @Test("a record of another function is none, and a name that isn't there neither", arguments: formats)
    func records(magic: UInt64) throws {
        #expect(try function(Self.table(magic, recordStart: 8)) == nil)
        for name: UInt64 in [1 << 20, 0xffff_ff00] {
            #expect(try function(Self.table(magic, name: name))?.name == nil)
            let symbol = try open(Self.table(magic, name: name)).symbol(containing: FileAddress(rawValue: Self.code))
            #expect(symbol == nil)
        }
    }

    @Test(
        "depths that are negative, odd, endless or of more code than there is are none",
        arguments: [
            [], [0], [2], [1, 64, 0], [4, 64, 0], [3, 1], [2, 65, 0], [2, 0, 0], [2, 32, 1, 32, 0],
            [2, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0], [2, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0],
            [2, 1] + [UInt8](repeating: 0x80, count: 1000),
        ] as [[UInt8]])
    func depths(depths: [UInt8]) throws {
        #expect(try function(Self.table(0xffff_fff1, depths: depths))?.stackDepths == nil)
    }

    @Test("bytes changed anywhere give functions that cover what was asked for, or none")
    func changedBytes() throws {
        for (index, magic) in Self.formats.enumerated() {
            let table = Self.table(magic, depths: [2, 4, 0x30, 59, 0x2f, 1, 0])
            for place in table.indices {
                for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
                    var changed = table
                    changed[place] = value &+ UInt8(index)
                    guard let function = try function(changed) else { continue }
                    #expect(function.range.contains(FileAddress(rawValue: Self.code + 10)))
                    _ = function.name
                    guard let (depths, end) = function.stackDepths else { continue }
                    #expect(end <= function.range.upperBound && !depths.isEmpty)
                }
            }
        }
    }
}
