/// Reads small pieces of a section that follow each other, whatever their number.
struct SectionPieces {
    private let section: DebugSection
    private var reader: DwarfReader

    init(_ section: DebugSection, at offset: UInt64) throws(DebugInfoError) {
        self.section = section
        reader = try section.reader(at: offset)
    }

    var offset: UInt64 { reader.offset }

    /// Reads a piece of at most `DebugSection.standardCount` bytes.
    mutating func next<Value>(
        _ body: (inout DwarfReader) throws(DebugInfoError) -> Value
    ) throws(DebugInfoError) -> Value {
        if reader.remaining < DebugSection.standardCount { reader = try section.reader(at: offset) }
        return try body(&reader)
    }
}
