/// Which line each instruction of a code object is on, as the compiler wrote it down.
package struct CPythonLineTable: Hashable, Sendable {
    package enum Format: Hashable, Sendable {
        /// `co_lnotab` up to 3.9: pairs of what to add to the offset and, signed, to the line.
        case deltas
        /// `co_linetable` of 3.10 (PEP 626): pairs of the length of a range and of what to add to the line before it.
        case ranges
        /// `co_linetable` from 3.11 on (PEP 657): entries of one byte or more, of lines and columns.
        case locations
    }

    package let format: Format
    /// `co_firstlineno`.
    package let firstLine: Int
    package let bytes: [UInt8]

    package init(format: Format, firstLine: Int, bytes: [UInt8]) {
        self.format = format
        self.firstLine = firstLine
        self.bytes = bytes
    }

    /// The line of the instruction at an offset in bytes; `nil` where the compiler gave it none, and beyond the code.
    ///
    /// A frame that has not begun is at a negative offset.
    package func line(atInstruction offset: Int) -> Int? {
        guard offset >= 0 else { return firstLine }
        let line =
            switch format {
            case .deltas: lineByDeltas(at: offset)
            case .ranges: lineByRanges(at: offset)
            case .locations: lineByLocations(at: offset)
            }
        return line.flatMap { 0...Int(Int32.max) ~= $0 ? $0 : nil }
    }

    private func lineByDeltas(at offset: Int) -> Int {
        var (start, line) = (0, firstLine)
        for index in stride(from: 0, to: bytes.count - 1, by: 2) {
            start += Int(bytes[index])
            if start > offset { break }
            line += Int(Int8(bitPattern: bytes[index + 1]))
        }
        return line
    }

    private func lineByRanges(at offset: Int) -> Int? {
        var (end, line) = (0, firstLine)
        for index in stride(from: 0, to: bytes.count - 1, by: 2) {
            let delta = Int8(bitPattern: bytes[index + 1])
            let hasLine = delta != .min
            end += Int(bytes[index])
            if hasLine { line += Int(delta) }
            if end > offset { return hasLine ? line : nil }
        }
        return nil
    }

    private func lineByLocations(at offset: Int) -> Int? {
        var (end, line, index) = (0, firstLine, 0)
        while index < bytes.count {
            let entry = LocationEntry(in: bytes, at: &index)
            end += entry.byteCount
            line += entry.lineDelta ?? 0
            if end > offset { return entry.lineDelta == nil ? nil : line }
        }
        return nil
    }
}

/// One entry of a table of locations: `1cccclll`, `c` saying what follows and `l + 1` how many instructions it is for.
private struct LocationEntry {
    let byteCount: Int
    /// `nil` without a line.
    let lineDelta: Int?

    /// Reads the entry at `index`, which goes on to the next one.
    init(in bytes: [UInt8], at index: inout Int) {
        let first = bytes[index]
        index += 1
        byteCount = 2 * (Int(first & 7) + 1)
        lineDelta =
            switch first >> 3 & 15 {
            case 15: nil
            case 13, 14: Self.signedNumber(in: bytes, at: index)
            case let code where code >= 10: Int(code) - 10
            default: 0
            }
        // Only the first byte of an entry has its highest bit set.
        while index < bytes.count, bytes[index] < 0x80 { index += 1 }
    }

    /// Six bits a byte, the lowest first; bit 6 says that more follow, and the lowest bit of the number is its sign.
    private static func signedNumber(in bytes: [UInt8], at start: Int) -> Int {
        var number = 0
        var shift = 0
        for byte in bytes[start...] {
            number |= Int(byte & 63) << shift
            shift += 6
            if byte & 64 == 0 || shift > 30 { break }
        }
        return number & 1 == 0 ? number >> 1 : -(number >> 1)
    }
}
