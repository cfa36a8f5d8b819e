internal import SystemSupport

/// Splits bytes of comma-separated values into records (RFC 4180).
///
/// Quoted fields may hold commas, line ends and doubled quotes. A record takes bounded memory, whatever the bytes.
struct CSVRecords {
    /// Bytes of a record.
    static let recordLimit = 65_536

    /// What some programs begin files with.
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    struct Record {
        /// The number of its first line, from 1.
        let line: Int
        let fields: [String]
        /// Whether the input ended before the line did, as in a file that is being written.
        let isIncomplete: Bool
    }

    private enum State {
        case plain
        case quoted
        /// After a quote in a quoted field: the end of the quoted part, or the first of two.
        case afterQuote
    }

    private var state = State.plain
    private var bytes: [UInt8] = []
    /// Where fields begin in `bytes`.
    private var starts = [0]
    private var line = 1
    private var firstLine = 1

    /// Passes on the records that the bytes complete.
    mutating func read(
        _ chunk: [UInt8], _ body: (Record) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        for byte in chunk {
            if byte == UInt8(ascii: "\n") { line += 1 }
            switch (state, byte) {
            case (.quoted, UInt8(ascii: "\"")): state = .afterQuote
            case (.afterQuote, UInt8(ascii: "\"")), (.quoted, _):
                bytes.append(byte)
                state = .quoted
            case (_, UInt8(ascii: "\"")) where bytes.count == starts.last: state = .quoted
            case (_, UInt8(ascii: "\n")): try body(take(isIncomplete: false))
            case (_, UInt8(ascii: ",")):
                starts.append(bytes.count)
                state = .plain
            default:
                bytes.append(byte)
                if line == 1, starts.count == 1, bytes == Self.byteOrderMark { bytes = [] }
            }
            guard bytes.count + starts.count <= Self.recordLimit else { throw tooLong }
        }
    }

    /// Passes on the last record, if its line has no end.
    mutating func finish(_ body: (Record) throws(CommandFailure) -> Void) throws(CommandFailure) {
        if state == .quoted { throw CommandFailure("line \(firstLine): a quoted field has no end; close its quote") }
        if !bytes.isEmpty || starts.count > 1 { try body(take(isIncomplete: true)) }
    }

    private mutating func take(isIncomplete: Bool) -> Record {
        var fields: [String] = []
        for (index, start) in starts.enumerated() {
            fields.append(text(from: start, to: index + 1 < starts.count ? starts[index + 1] : bytes.count))
        }
        let record = Record(line: firstLine, fields: fields, isIncomplete: isIncomplete)
        bytes.removeAll(keepingCapacity: true)
        starts = [0]
        state = .plain
        firstLine = line
        return record
    }

    /// Text without blanks around it, and without the carriage return of other systems' lines.
    private func text(from start: Int, to end: Int) -> String {
        var (first, last) = (start, end)
        while first < last, Self.isBlank(bytes[first]) { first += 1 }
        while last > first, Self.isBlank(bytes[last - 1]) { last -= 1 }
        return String(decoding: bytes[first..<last], as: UTF8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    private var tooLong: CommandFailure {
        let limit = NumberText.grouped(Self.recordLimit)
        return CommandFailure(
            "line \(firstLine) is longer than \(limit) bytes; is it text with lines, and is every quote closed?")
    }
}
