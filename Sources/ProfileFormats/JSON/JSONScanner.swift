/// Reads JSON text (RFC 8259) value by value, without a tree of it in memory.
///
/// It takes what it's asked for or throws where something else is. Nothing in it recurses.
struct JSONScanner {
    /// The deepest nesting of what is skipped.
    private static let deepest = 512
    /// More members than the objects of any format have.
    private static let mostNames = 64

    /// What errors name.
    let format: ProfileFormat
    let bytes: [UInt8]
    /// The next byte to read.
    var offset = 0

    init(_ bytes: [UInt8], format: ProfileFormat) {
        self.bytes = bytes
        self.format = format
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// The format of a JSON file, by the names in its outermost object; `nil` for neither of the two.
    static func format(of file: [UInt8]) -> ProfileFormat? {
        let names = JSONScanner(file, format: .json).memberNames()
        if names.contains("$schema") || names.contains("shared") || names.contains("profiles") { return .speedscope }
        return names.contains("schema") ? .json : nil
    }

    /// The names up to the end of the object, or to what can't be read.
    private consuming func memberNames() -> Set<String> {
        var names: Set<String> = []
        var isFirst = true
        do throws(ProfileReadingError) {
            try open("{")
            while let name = try nextName(&isFirst) {
                if names.count < Self.mostNames { names.insert(name) }
                try skip()
            }
        } catch {
            // Damage behind the names that identify the format is reported by the format's reader.
        }
        return names
    }

    /// Where the values of an object's members begin, which is then read to its end; of equal names the last.
    mutating func members() throws(ProfileReadingError) -> [String: Int] {
        var members: [String: Int] = [:]
        var isFirst = true
        try open("{")
        while let name = try nextName(&isFirst) {
            skipSpace()
            if members.count < Self.mostNames { members[name] = offset }
            try skip()
        }
        return members
    }

    /// Whether the next value is `null`, which is then read.
    mutating func isNull() throws(ProfileReadingError) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try literal("null")
        return true
    }

    /// Begins an array or an object.
    mutating func open(_ bracket: Unicode.Scalar) throws(ProfileReadingError) {
        guard peek() == UInt8(ascii: bracket) else { throw error("\(bracket) is expected") }
        offset += 1
    }

    /// Whether an array has another element, which is then next; reads its end otherwise.
    ///
    /// - Parameter isFirst: `true` for the first call.
    mutating func hasElement(_ isFirst: inout Bool) throws(ProfileReadingError) -> Bool {
        try hasItem(&isFirst, end: "]")
    }

    /// The name of an object's next member, whose value is then next; `nil` at its end, which is read.
    mutating func nextName(_ isFirst: inout Bool) throws(ProfileReadingError) -> String? {
        guard try hasItem(&isFirst, end: "}") else { return nil }
        let name = try string()
        try colon()
        return name
    }

    mutating func string() throws(ProfileReadingError) -> String {
        let start = try stringContent()
        let content = bytes[start..<offset - 1]
        guard content.contains(UInt8(ascii: "\\")) else { return content.text }
        return try JSONEscapes.unescaped(content, in: format)
    }

    /// A whole number, also where it's written as `1.0` or `1e3`.
    mutating func integer() throws(ProfileReadingError) -> Int64 {
        let start = offset
        let text = try numberText()
        if let value = Int64(text) { return value }
        guard let number = Double(text), let value = Int64(exactly: number) else {
            throw error("a whole number is expected", at: start)
        }
        return value
    }

    /// A whole number from 0 to 2⁶⁴ - 1.
    mutating func unsigned() throws(ProfileReadingError) -> UInt64 {
        let start = offset
        let text = try numberText()
        guard let value = UInt64(text) ?? Double(text).flatMap(UInt64.init(exactly:)) else {
            throw error("a whole number from 0 is expected", at: start)
        }
        return value
    }

    mutating func number() throws(ProfileReadingError) -> Double {
        let start = offset
        guard let value = Double(try numberText()), value.isFinite else {
            throw error("a number is expected", at: start)
        }
        return value
    }

    /// Reads a value of any kind and nesting.
    mutating func skip() throws(ProfileReadingError) {
        var ends: [Unicode.Scalar] = []
        repeat {
            switch peek() {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard ends.count < Self.deepest else { throw error("it is nested too deeply") }
                let isObject = bytes[offset] == UInt8(ascii: "{")
                offset += 1
                ends.append(isObject ? "}" : "]")
                var isFirst = true
                if try hasNext(&isFirst, &ends) { continue }
            case UInt8(ascii: "\""): _ = try stringContent()
            case UInt8(ascii: "n"): try literal("null")
            case UInt8(ascii: "t"): try literal("true")
            case UInt8(ascii: "f"): try literal("false")
            default: _ = try numberText()
            }
            var isFirst = false
            while !ends.isEmpty, try !hasNext(&isFirst, &ends) { isFirst = false }
        } while !ends.isEmpty
    }

    /// Requires that nothing follows.
    mutating func end() throws(ProfileReadingError) {
        guard peek() == nil else { throw error("the end of the file is expected") }
    }

    func error(_ text: String, at position: Int? = nil) -> ProfileReadingError {
        ProfileReadingError(.malformed(text), in: format, at: .byte(position ?? offset))
    }

    /// Whether the innermost of what is skipped has another value, which is then next; leaves it otherwise.
    private mutating func hasNext(
        _ isFirst: inout Bool, _ ends: inout [Unicode.Scalar]
    ) throws(ProfileReadingError) -> Bool {
        guard let end = ends.last else { return false }
        guard try hasItem(&isFirst, end: end) else {
            ends.removeLast()
            return false
        }
        if end == "}" {
            guard peek() == UInt8(ascii: "\"") else { throw error("a name is expected") }
            _ = try stringContent()
            try colon()
        }
        return true
    }

    private mutating func hasItem(
        _ isFirst: inout Bool, end: Unicode.Scalar
    ) throws(ProfileReadingError) -> Bool {
        let next = peek()
        if next == UInt8(ascii: end) {
            offset += 1
            return false
        }
        if !isFirst {
            guard next == UInt8(ascii: ",") else { throw error("a comma or \(end) is expected") }
            offset += 1
        }
        isFirst = false
        return true
    }

    private mutating func colon() throws(ProfileReadingError) {
        guard peek() == UInt8(ascii: ":") else { throw error("a colon is expected") }
        offset += 1
    }

    private mutating func literal(_ text: String) throws(ProfileReadingError) {
        guard bytes[offset...].starts(with: text.utf8) else { throw error("\(text) is expected") }
        offset += text.utf8.count
    }

    /// Reads a string; where its content begins, which ends before the last byte that was read.
    private mutating func stringContent() throws(ProfileReadingError) -> Int {
        guard peek() == UInt8(ascii: "\"") else { throw error("a string is expected") }
        offset += 1
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return start
            case UInt8(ascii: "\\"): offset += 2
            case 0..<0x20: throw error("a control character in a string has to be escaped")
            default: offset += 1
            }
        }
        throw error("a string doesn't end", at: start)
    }

    private mutating func numberText() throws(ProfileReadingError) -> String {
        skipSpace()
        let start = offset
        while offset < bytes.count, Self.isNumeric(bytes[offset]) { offset += 1 }
        guard offset > start, offset - start < 64 else { throw error("a value is expected", at: start) }
        return bytes[start..<offset].text
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func peek() -> UInt8? {
        skipSpace()
        return offset < bytes.count ? bytes[offset] : nil
    }

    private mutating func skipSpace() {
        while offset < bytes.count, Self.isSpace(bytes[offset]) { offset += 1 }
    }
}
