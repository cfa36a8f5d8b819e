/// Reads small pieces of a section that follow each other, whatever their number.
struct SectionPieces {
    private let section: DebugSection
    private var reader: DwarfReader?
    private(set) var offset: UInt64

    init(_ section: DebugSection, at offset: UInt64) {
        self.section = section
        self.offset = offset
    }

    /// Reads a piece of at most `DebugSection.standardCount` bytes.
    mutating func next<Value>(
        _ body: (inout DwarfReader) throws(DebugInfoError) -> Value
    ) throws(DebugInfoError) -> Value {
        var current: DwarfReader
        if let reader, reader.remaining >= DebugSection.standardCount {
            current = reader
        } else {
            current = try section.reader(at: offset)
        }
        let value = try body(&current)
        offset = current.offset
        reader = current
        return value
    }
}
