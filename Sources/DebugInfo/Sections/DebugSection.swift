internal import ObjectFiles

/// The contents of a section with debug information, read piece by piece; a compressed one is decompressed as a whole.
final class DebugSection {
    let name: String
    let size: UInt64
    private let source: Source
    private let budget: DebugInfoBudget
    /// What was read last.
    private var window: (start: UInt64, bytes: [UInt8]) = (0, [])

    private enum Source {
        case file(DebugFile, Section)
        case memory([UInt8], MemoryReservation)
    }

    /// `nil` where the file has no such section.
    init?(_ name: String, of file: DebugFile, budget: DebugInfoBudget) throws(DebugInfoError) {
        guard let section = file.section(named: name) else { return nil }
        self.name = name
        self.budget = budget
        guard section.isStoredCompressed else {
            source = .file(file, section)
            size = section.size
            return
        }
        let bytes: [UInt8]
        do throws(ObjectFileError) {
            bytes = try file.contents(of: section, limit: Self.decompressedLimit, budget: budget.shared)
        } catch {
            throw DebugInfoError(error)
        }
        source = .memory(bytes, try budget.reserve(bytes.count))
        size = UInt64(bytes.count)
    }

    /// A reader of exactly these bytes.
    func reader(at offset: UInt64, count: UInt64) throws(DebugInfoError) -> DwarfReader {
        guard offset <= size, count <= size - offset, let length = Int(exactly: count) else { throw damage(at: offset) }
        switch source {
        case .memory(let bytes, _):
            return DwarfReader(bytes, of: name, position: Int(offset), end: Int(offset) + length)
        case .file(let file, let section):
            try budget.read(length)
            let reservation = try budget.reserve(length)
            let bytes = file.bytes(of: section, at: offset, count: length)
            guard bytes.count == length else { throw damage(at: offset) }
            return DwarfReader(bytes, of: name, origin: offset, reservation)
        }
    }

    /// A reader of at least so many bytes, or of what the section has from there.
    ///
    /// Pieces that follow each other are read once; what is kept is one window of the section.
    func reader(at offset: UInt64, wanting count: Int = standardCount) throws(DebugInfoError) -> DwarfReader {
        guard offset <= size else { throw damage(at: offset) }
        if case .memory(let bytes, _) = source { return DwarfReader(bytes, of: name, position: Int(offset)) }
        let wanted = min(UInt64(count), size - offset)
        if offset < window.start || offset + wanted > window.start + UInt64(window.bytes.count) {
            let length = min(max(wanted, Self.windowSize), size - offset)
            window = (offset, [])
            try budget.read(Int(length))
            if case .file(let file, let section) = source {
                window.bytes = file.bytes(of: section, at: offset, count: Int(length))
            }
        }
        return DwarfReader(window.bytes, of: name, origin: window.start, position: Int(offset - window.start))
    }

    /// The zero-terminated text at an offset, cut at `textLimit` bytes; `nil` beyond the section's end.
    func text(at offset: UInt64) -> String? {
        guard offset < size else { return nil }
        switch source {
        case .memory(let bytes, _):
            return String(decoding: bytes[Int(offset)...].prefix(Self.textLimit).prefix { $0 != 0 }, as: UTF8.self)
        case .file(let file, let section):
            return String(decoding: file.text(in: section, at: offset, limit: Self.textLimit), as: UTF8.self)
        }
    }

    /// Whether its contents are in memory as a whole.
    var isDecompressed: Bool { if case .memory = source { true } else { false } }

    func damage(at offset: UInt64) -> DebugInfoError { .malformed(section: name, offset: offset) }

    static let standardCount = 256
    private static let windowSize: UInt64 = 4 << 10
    private static let textLimit = 1 << 16
    private static let decompressedLimit = 160 << 20
}
