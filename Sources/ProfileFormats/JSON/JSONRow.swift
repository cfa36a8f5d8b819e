import ProfileModel

/// Reads the members and tables of `ProfileJSON`: arrays of arrays of numbers and texts.
struct JSONRow {
    var scanner: JSONScanner
    private let members: [String: Int]
    /// Whether the next element of each array that is open is its first.
    private var isFirst: [Bool] = []

    /// - Parameter members: where those of the outermost object are.
    init(_ file: [UInt8], _ members: [String: Int]) {
        scanner = JSONScanner(file, format: .json)
        self.members = members
    }

    /// Goes to a member of the outermost object.
    mutating func go(to name: String) throws(ProfileReadingError) {
        guard let offset = members[name] else { throw scanner.error("the member \(name) is expected", at: 0) }
        scanner.offset = offset
        isFirst = []
    }

    /// Goes to a member that is an array, and begins it.
    mutating func open(_ name: String) throws(ProfileReadingError) {
        try go(to: name)
        try open()
    }

    /// Begins an array.
    mutating func open() throws(ProfileReadingError) {
        try scanner.open("[")
        isFirst.append(true)
    }

    /// Whether the innermost array has another element; ends it otherwise.
    mutating func hasElement() throws(ProfileReadingError) -> Bool {
        guard var first = isFirst.popLast() else { return false }
        guard try scanner.hasElement(&first) else { return false }
        isFirst.append(first)
        return true
    }

    /// Goes to the next field of a row.
    mutating func field() throws(ProfileReadingError) {
        guard try hasElement() else { throw scanner.error("a row has too few fields") }
    }

    /// Ends a row; fields that a later version has added are skipped.
    mutating func close() throws(ProfileReadingError) {
        while try hasElement() { try scanner.skip() }
    }

    /// The next field as the position of a row of another table; `nil` for `null`.
    mutating func optionalIndex(below count: Int, _ table: String) throws(ProfileReadingError) -> Int? {
        try field()
        return try scanner.isNull() ? nil : try position(below: count, table)
    }

    mutating func index(below count: Int, _ table: String) throws(ProfileReadingError) -> Int {
        try field()
        return try position(below: count, table)
    }

    /// The value that is next as the position of a row of another table.
    mutating func position(below count: Int, _ table: String) throws(ProfileReadingError) -> Int {
        let start = scanner.offset
        let value = try scanner.integer()
        guard let position = Int(exactly: value), 0..<count ~= position else {
            throw scanner.error("there is no \(table) \(value)", at: start)
        }
        return position
    }

    /// The next field as a number from 0; `nil` for `null`.
    mutating func optionalNumber<Number: FixedWidthInteger>() throws(ProfileReadingError) -> Number? {
        try field()
        return try scanner.isNull() ? nil : try number()
    }

    /// The next field as an address such as `"0x1234"`; `nil` for `null`.
    mutating func optionalAddress() throws(ProfileReadingError) -> UInt64? {
        try field()
        if try scanner.isNull() { return nil }
        let start = scanner.offset
        let text = try scanner.string()
        guard text.hasPrefix("0x"), text.utf8.count > 2, let value = UInt64(text.dropFirst(2), radix: 16) else {
            throw scanner.error("an address is expected", at: start)
        }
        return value
    }

    /// The value that is next, of a process, a thread or a line.
    mutating func number<Number: FixedWidthInteger>() throws(ProfileReadingError) -> Number {
        let start = scanner.offset
        guard let number = Number(exactly: try scanner.integer()), number >= 0 else {
            throw scanner.error("a number from 0 to \(Number.max) is expected", at: start)
        }
        return number
    }

    /// The value that is next, from 0 to 2⁶⁴ - 1.
    mutating func unsigned() throws(ProfileReadingError) -> UInt64 { try scanner.unsigned() }

    /// The value that is next, from 0; `nil` for `null`.
    mutating func optionalUnsigned() throws(ProfileReadingError) -> UInt64? {
        try scanner.isNull() ? nil : try unsigned()
    }

    /// More labels than there are reasons and object files.
    private static let mostCounts = 100_000

    /// The value that is next, an object of counts.
    mutating func counts() throws(ProfileReadingError) -> [String: UInt64] {
        var counts: [String: UInt64] = [:]
        var isFirst = true
        try scanner.open("{")
        while let label = try scanner.nextName(&isFirst) {
            counts[label] = try unsigned()
            guard counts.count <= Self.mostCounts else {
                throw ProfileReadingError(
                    .tooLarge(limit: "\(Self.mostCounts) counts"), in: .json, at: .byte(scanner.offset))
            }
        }
        return counts
    }
}
