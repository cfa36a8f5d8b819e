internal import ObjectFiles
internal import ProfileModel

/// Goes once through all entries of a section, in the order of their positions.
///
/// Costs a few bytes of reading for each entry, whatever it refers to and whatever it claims to be.
struct CallFrameScan {
    /// A description of at least one instruction.
    struct Description {
        let start: FileAddress
        /// For `CallFrameSection.description(at:)`.
        let position: UInt64
    }

    private let section: CallFrameSection
    private let budget: ParsingBudget
    private let read: (UInt64, Int) -> [UInt8]
    /// The position of offset 0.
    private let base: UInt64
    private let hasWideIdentifiers: Bool
    private var chunk: [UInt8] = []
    private var chunkOffset: UInt64 = 0
    private var offset: UInt64 = 0
    private var affordable = 0
    private var encodings: [UInt64: PointerEncoding?] = [:]

    /// - Parameters:
    ///   - base: the position of the first entry.
    ///   - read: reads the section's bytes from an offset where they shouldn't be read by position.
    init(
        _ section: CallFrameSection, budget: ParsingBudget, base: UInt64 = 0,
        read: ((UInt64, Int) -> [UInt8])? = nil
    ) {
        self.section = section
        self.budget = budget
        self.base = base
        self.read = read ?? { offset, count in section.bytes(at: base &+ offset, count: count) }
        hasWideIdentifiers = if case .debugFrames = section.form { true } else { false }
    }

    /// The next description; `nil` at the terminator, the section's end, or an entry that is damaged.
    mutating func next() throws(BudgetExhausted) -> Description? {
        while true {
            try spend()
            // A length of 12 bytes, an identifier of 8, and a range of two LEB128 numbers.
            if offset &- chunkOffset &+ 40 > UInt64(chunk.count) { refill() }
            let entryOffset = offset
            var reader = ByteReader(chunk, from: Int(clamping: offset &- chunkOffset))
            guard var length = try? reader.readUnsigned(size: 4), length > 0 else { return nil }
            let isWide = length == 0xffff_ffff
            if isWide {
                guard let wide = try? reader.readUnsigned(size: 8) else { return nil }
                length = wide
            }
            guard length <= UInt64(CallFrameSection.entryLimit) else { return nil }
            let identifierOffset = chunkOffset &+ UInt64(reader.offset)
            let size = isWide && hasWideIdentifiers ? 8 : 4
            guard length >= UInt64(size), let identifier = try? reader.readUnsigned(size: size) else { return nil }
            offset = identifierOffset &+ length
            guard let common = commonPosition(identifier, size: size, at: base &+ identifierOffset) else { continue }
            guard let encoding = try encoding(at: common) else { return nil }
            let fields = ByteReader(chunk, from: reader.offset, to: reader.offset + Int(length) - size)
            guard let range = range(fields, encoding, at: base &+ chunkOffset) else { return nil }
            if range.length > 0 { return Description(start: range.start, position: base &+ entryOffset) }
        }
    }

    /// Pays for entries, some at a time.
    private mutating func spend() throws(BudgetExhausted) {
        if affordable == 0 {
            try budget.spend(Self.step, .entries)
            affordable = Self.step
        }
        affordable -= 1
    }

    private mutating func refill() {
        chunkOffset = offset
        chunk = read(offset, Self.chunkSize)
    }

    /// Where the common information of a description stands; `nil` when the entry is common information itself.
    private func commonPosition(_ identifier: UInt64, size: Int, at position: UInt64) -> UInt64? {
        switch section.form {
        case .exceptionFrames: identifier == 0 ? nil : position &- identifier
        case .debugFrames: identifier == (size == 4 ? 0xffff_ffff : UInt64.max) ? nil : identifier
        }
    }

    private func range(
        _ fields: ByteReader, _ encoding: PointerEncoding, at chunkPosition: UInt64
    ) -> (start: FileAddress, length: UInt64)? {
        var reader = fields
        let position = chunkPosition &+ UInt64(reader.offset)
        guard let start = try? encoding.readAddress(&reader, position: position),
            let length = try? encoding.readValue(&reader)
        else { return nil }
        return (start, length)
    }

    private mutating func encoding(at position: UInt64) throws(BudgetExhausted) -> PointerEncoding? {
        if let known = encodings[position] { return known }
        try budget.spend(Self.encodingCost, .entries)
        let encoding = try? section.pointerEncoding(ofCommonInformationAt: position)
        if encodings.count >= Self.encodingLimit { encodings.removeAll(keepingCapacity: true) }
        encodings[position] = encoding
        return encoding
    }

    private static let chunkSize = 256 * 1024
    private static let step = 1024
    /// Common information is read from where a description says, which may be another place each time.
    private static let encodingCost = 64
    private static let encodingLimit = 4096
}
