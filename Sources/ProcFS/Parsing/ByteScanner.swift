/// Reads numbers and words out of bytes, front to back.
///
/// It keeps only an offset, because a stored `Span` would make it non-escapable. A failed read leaves the offset where
/// it was or behind the digits it took; the caller gives up then.
struct ByteScanner {
    private(set) var offset = 0

    init(at offset: Int = 0) { self.offset = offset }

    func isAtEnd(of bytes: Span<UInt8>) -> Bool { offset >= bytes.count }

    func peek(_ bytes: Span<UInt8>) -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// Steps over `byte`, or returns `false` where another stands.
    mutating func accept(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard peek(bytes) == byte else { return false }
        offset += 1
        return true
    }

    /// Steps over a word of ASCII, or stays where another stands.
    mutating func accept(word: String, _ bytes: Span<UInt8>) -> Bool {
        var end = offset
        for byte in word.utf8 {
            guard end < bytes.count, bytes[end] == byte else { return false }
            end += 1
        }
        offset = end
        return true
    }

    /// Whether the first character stands here rather than the second; `nil`, and no step, for any other.
    mutating func choice(_ yes: Unicode.Scalar, _ no: Unicode.Scalar, _ bytes: Span<UInt8>) -> Bool? {
        if accept(UInt8(ascii: yes), bytes) { return true }
        return accept(UInt8(ascii: no), bytes) ? false : nil
    }

    /// Blanks and tabs.
    mutating func skipBlanks(_ bytes: Span<UInt8>) {
        while let byte = peek(bytes), byte == .space || byte == .tab { offset += 1 }
    }

    /// Steps over `count` words and the blanks before each.
    mutating func skipWords(_ count: Int, _ bytes: Span<UInt8>) {
        for _ in 0..<count {
            skipBlanks(bytes)
            while let byte = peek(bytes), byte != .space, byte != .tab, byte != .newline { offset += 1 }
        }
    }

    /// A decimal number behind any blanks; `nil` where there is none or it is too large.
    mutating func decimal(_ bytes: Span<UInt8>) -> UInt64? { number(bytes, radix: 10) }

    /// A hexadecimal number, without `0x`, behind any blanks; `nil` where there is none or it is too large.
    mutating func hexadecimal(_ bytes: Span<UInt8>) -> UInt64? { number(bytes, radix: 16) }

    /// A decimal number that fits into `type`.
    mutating func decimal<Number: FixedWidthInteger>(_ bytes: Span<UInt8>, as type: Number.Type) -> Number? {
        decimal(bytes).flatMap(Number.init(exactly:))
    }

    /// The range up to the next newline; steps over the newline.
    mutating func line(_ bytes: Span<UInt8>) -> Range<Int> {
        let start = offset
        while let byte = peek(bytes), byte != .newline { offset += 1 }
        defer { if offset < bytes.count { offset += 1 } }
        return start..<offset
    }

    private mutating func number(_ bytes: Span<UInt8>, radix: UInt64) -> UInt64? {
        skipBlanks(bytes)
        guard var value = digit(bytes, radix) else { return nil }
        while let next = digit(bytes, radix) {
            let (shifted, overflowed) = value.multipliedReportingOverflow(by: radix)
            let (sum, carried) = shifted.addingReportingOverflow(next)
            guard !overflowed, !carried else { return nil }
            value = sum
        }
        return value
    }

    private mutating func digit(_ bytes: Span<UInt8>, _ radix: UInt64) -> UInt64? {
        guard let byte = peek(bytes) else { return nil }
        let value: UInt8
        switch byte {
        case 0x30...0x39: value = byte - 0x30
        case 0x61...0x66: value = byte - 0x61 + 10
        case 0x41...0x46: value = byte - 0x41 + 10
        default: return nil
        }
        guard UInt64(value) < radix else { return nil }
        offset += 1
        return UInt64(value)
    }
}

extension UInt8 {
    static let tab: UInt8 = 0x09
    static let newline: UInt8 = 0x0A
    static let space: UInt8 = 0x20
    static let minus: UInt8 = 0x2D
    static let backslash: UInt8 = 0x5C
}

extension String {
    /// The text of a range of bytes; what is not UTF-8 becomes U+FFFD.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        // Safe: the pointer is used only while the span is borrowed.
        self = unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension Optional {
    /// The value, or the error that names the field that has none.
    func required(_ file: String, _ field: String) throws(ProcFSError) -> Wrapped {
        guard let self else { throw .malformed(file: file, field: field) }
        return self
    }
}
