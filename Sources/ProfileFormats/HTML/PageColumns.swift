import Profiles

/// Tables as a page reads them: texts and columns of numbers, one after another, gzipped, in base64.
///
///     texts  = byte count (4), UTF-8 lines separated by LF
///     column = value count (4), width (1), then width × value count bytes
///
/// All integers have their lowest byte first. Byte k of a column's values are together, the lowest bytes first: values
/// of one kind compress better so, and a script reads them in a loop without a branch.
struct PageColumns {
    private(set) var bytes: [UInt8] = []

    /// Adds texts, of which none has a line feed.
    mutating func append(texts: [String]) {
        let lines = Array(texts.joined(separator: "\n").utf8)
        appendCount(lines.count)
        bytes += lines
    }

    mutating func append(_ values: [UInt64]) {
        let widest = values.max() ?? 0
        let width = (UInt64.bitWidth - widest.leadingZeroBitCount + 7) / 8
        appendCount(values.count)
        bytes.append(UInt8(width))
        bytes.reserveCapacity(bytes.count + width * values.count)
        for shift in stride(from: UInt64(0), to: UInt64(8 * width), by: 8) {
            for value in values { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
        }
    }

    /// The columns, gzipped, in base64.
    var text: String {
        get throws(RenderingError) { try CompressedText.base64(of: bytes) }
    }

    private mutating func appendCount(_ count: Int) {
        let count = UInt32(clamping: count)
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    }
}
