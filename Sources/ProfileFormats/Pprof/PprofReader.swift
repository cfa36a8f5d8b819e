import PprofMessages
import ProfileModel
import Profiles
import SwiftProtobuf
import SystemSupport

/// Reads pprof's `profile.proto`, Sonde's and other producers'.
///
/// Times are read as nanoseconds. Labels other than those of `PprofFile` are dropped: samples that differ in them only are
/// one.
struct PprofReader {
    /// The longest message in a file: it takes some 30 times as much memory while it is read.
    private static let longestMessage = 4 << 20

    /// The numbers of `Profile`'s fields.
    private enum Field {
        static let sampleType = 1
        static let sample = 2
        static let mapping = 3
        static let location = 4
        static let function = 5
        static let string = 6
        static let timeNanos = 9
        static let durationNanos = 10
        static let periodType = 11
        static let period = 12
        static let comment = 13
        static let defaultSampleType = 14
        static let last = 16
    }

    private let file: [UInt8]
    private let limits: ProfileLimits

    init(_ file: [UInt8], _ limits: ProfileLimits) {
        self.file = file
        self.limits = limits
    }

    /// Whether the file begins with the fields of a profile, of which one is a type of samples.
    static func seemsToBe(_ file: [UInt8]) -> Bool {
        var fields = ProtobufFields(file)
        // Producers write the types first, or a string table.
        for _ in 0..<1_000 {
            guard let field = try? fields.next(), field.number <= Field.last else { return false }
            switch (field.number, field.content) {
            case (Field.sampleType, .bytes(let range)):
                // The keys of the two numbers of a type, or none where name and unit are empty: no text has such characters.
                return range.first.map { file[$0] == 0x08 || file[$0] == 0x10 } ?? true
            case (Field.sample...Field.string, .bytes), (Field.periodType, .bytes), (Field.comment, _): continue
            case (7..., .varint): continue
            default: return false
            }
        }
        return true
    }

    func profile() throws(ProfileReadingError) -> Profile {
        var tables = PprofTables(limits)
        var sampleRanges: [Range<Int>] = []
        var fields = ProtobufFields(file)
        var start = 0
        while let field = try fields.next() {
            try read(field, at: start, into: &tables, &sampleRanges)
            start = fields.offset
        }
        var samples = try PprofSamples(tables, limits, end: file.count)
        for range in sampleRanges {
            try samples.add(try message(PprofSample.self, in: range), at: .byte(range.lowerBound))
        }
        return samples.finish()
    }

    private func read(
        _ field: ProtobufFields.Field, at start: Int, into tables: inout PprofTables, _ samples: inout [Range<Int>]
    ) throws(ProfileReadingError) {
        switch (field.number, field.content) {
        case (Field.sampleType, .bytes(let range)):
            tables.sampleTypes.append(try message(PprofValueType.self, in: range))
        case (Field.sample, .bytes(let range)): samples.append(range)
        case (Field.mapping, .bytes(let range)): tables.mappings.append(try message(PprofMapping.self, in: range))
        case (Field.location, .bytes(let range)):
            let location = try message(PprofLocation.self, in: range)
            try limits.check(depth: location.line.count, in: .pprof, at: .byte(start))
            tables.locations.append(location)
            tables.lineCount += location.line.count
        case (Field.function, .bytes(let range)): tables.functions.append(try message(PprofFunction.self, in: range))
        case (Field.string, .bytes(let range)): tables.strings.append(file[range].text)
        case (Field.timeNanos, .varint(let value)): tables.timeNanos = Int64(bitPattern: value)
        case (Field.durationNanos, .varint(let value)): tables.durationNanos = Int64(bitPattern: value)
        case (Field.periodType, .bytes(let range)): tables.periodType = try message(PprofValueType.self, in: range)
        case (Field.period, .varint(let value)): tables.period = Int64(bitPattern: value)
        case (Field.comment, .varint(let value)): tables.comments.append(Int64(bitPattern: value))
        case (Field.comment, .bytes(let range)):
            // Packed numbers are the content of a message of that field alone.
            tables.comments += try message(PprofProfile.self, in: range, asField: Field.comment).comment
        case (Field.defaultSampleType, .varint(let value)): tables.defaultSampleType = Int64(bitPattern: value)
        default: break
        }
        try limits.check(rows: tables.rowCount + samples.count, in: .pprof, at: .byte(start))
        guard tables.sampleTypes.count <= PprofTables.mostTypes else {
            throw ProfileReadingError(
                .tooLarge(limit: "\(PprofTables.mostTypes) types of values"), in: .pprof, at: .byte(start))
        }
    }

    /// - Parameter number: reads the bytes as the field of that number, with its key and length before them.
    private func message<Message: SwiftProtobuf.Message>(
        _ type: Message.Type, in range: Range<Int>, asField number: Int? = nil
    ) throws(ProfileReadingError) -> Message {
        guard range.count <= Self.longestMessage else {
            throw ProfileReadingError(
                .tooLarge(limit: "\(Self.longestMessage) bytes in a message"), in: .pprof, at: .byte(range.lowerBound))
        }
        var bytes = Array(file[range])
        if let number { bytes = Self.field(number, bytes) }
        do {
            return try Message(serializedBytes: bytes)
        } catch {
            throw ProfileReadingError(
                .malformed("a message of a profile is expected"), in: .pprof, at: .byte(range.lowerBound))
        }
    }

    private static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        var field = [UInt8(truncatingIfNeeded: number << 3 | 2)]
        field.appendUnsignedLEB128(UInt64(content.count))
        return field + content
    }
}
