internal import ObjectFiles

/// The contents of a section with debug information, read piece by piece.
final class DebugSection {
    let name: String
    let size: UInt64
    private let source: Source
    private let budget: DebugInfoBudget
    /// What was read last.
    private var window: (start: UInt64, bytes: [UInt8]) = (0, [])

    private enum Source {
        case file(DebugFile, Section)
        case decompressed(DecompressedSection)
    }

    /// `nil` where the file has no such section.
    init?(_ name: String, of file: DebugFile, budget: DebugInfoBudget) throws(DebugInfoError) {
        guard let section = file.section(named: name) else { return nil }
        self.name = name
        self.budget = budget
        do throws(ObjectFileError) {
            let decompressed = try file.decompressed(section, limit: Self.decompressedLimit, budget: budget.shared)
            source = decompressed.map(Source.decompressed) ?? .file(file, section)
            size = decompressed.map { UInt64($0.size) } ?? section.size
        } catch {
            throw DebugInfoError(error)
        }
    }

    private func bytes(at offset: UInt64, count: Int) throws(DebugInfoError) -> [UInt8] {
        switch source {
        case .decompressed(let section): return section.bytes(at: offset, count: count)
        case .file(let file, let section):
            try budget.read(count)
            return file.bytes(of: section, at: offset, count: count)
        }
    }

    /// A reader of exactly these bytes.
    func reader(at offset: UInt64, count: UInt64) throws(DebugInfoError) -> DwarfReader {
        guard offset <= size, count <= size - offset, let length = Int(exactly: count) else { throw damage(at: offset) }
        let reservation = try budget.reserve(length)
        let bytes = try bytes(at: offset, count: length)
        guard bytes.count == length else { throw damage(at: offset) }
        return DwarfReader(bytes, of: name, origin: offset, reservation)
    }

    /// A reader of at least so many bytes, or of what the section has from there.
    ///
    /// Pieces that follow each other are read once; what is kept is one window of the section.
    func reader(at offset: UInt64, wanting count: Int = standardCount) throws(DebugInfoError) -> DwarfReader {
        guard offset <= size else { throw damage(at: offset) }
        let wanted = min(UInt64(count), size - offset)
        if offset < window.start || offset + wanted > window.start + UInt64(window.bytes.count) {
            window = (offset, try bytes(at: offset, count: Int(min(max(wanted, Self.windowSize), size - offset))))
        }
        return DwarfReader(window.bytes, of: name, origin: window.start, position: Int(offset - window.start))
    }

    /// The zero-terminated text at an offset, cut at `textLimit` bytes; `nil` beyond the section's end.
    func text(at offset: UInt64) -> String? {
        guard offset < size else { return nil }
        let text =
            switch source {
            case .decompressed(let section): section.text(at: offset, limit: Self.textLimit)
            case .file(let file, let section): file.text(in: section, at: offset, limit: Self.textLimit)
            }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether its contents are kept in memory.
    var isDecompressed: Bool { if case .decompressed = source { true } else { false } }

    func damage(at offset: UInt64) -> DebugInfoError { .malformed(section: name, offset: offset) }

    static let standardCount = 256
    private static let windowSize: UInt64 = 4 << 10
    private static let textLimit = 1 << 16
    private static let decompressedLimit = 160 << 20
}
