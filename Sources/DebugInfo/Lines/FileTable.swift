internal import ObjectFiles

/// The directories and files that a line program numbers.
struct FileTable {
    struct Entry {
        let name: TextPlace
        let directory: UInt64
    }

    private let directories: [Entry]
    private let entries: [Entry]
    /// The number of the first file and, before version 5, of the first directory in the list.
    private let first: UInt64

    /// What an entry of a file or a directory consists of: `DW_LNCT_…` (DWARF 5, 6.2.4.1).
    private enum Content {
        static let path: UInt64 = 1
        static let directory: UInt64 = 2
    }

    /// Reads the tables of a program's header.
    init(
        _ reader: inout DwarfReader, _ encoding: UnitEncoding, _ budget: DebugInfoBudget,
        _ reservation: MemoryReservation
    ) throws(DebugInfoError) {
        first = encoding.version >= 5 ? 0 : 1
        if encoding.version >= 5 {
            directories = try Self.entries(&reader, encoding, budget, reservation)
            entries = try Self.entries(&reader, encoding, budget, reservation)
            return
        }
        var (directories, entries) = (ReservedArray<Entry>(reservation), ReservedArray<Entry>(reservation))
        while let name = try Self.name(&reader, encoding) {
            try budget.step()
            try directories.append(Entry(name: name, directory: 0))
        }
        while let name = try Self.name(&reader, encoding) {
            try budget.step()
            try entries.append(Entry(name: name, directory: try reader.unsigned()))
            // The time of its last change, and its size.
            for _ in 0..<2 { _ = try reader.unsigned() }
        }
        (self.directories, self.entries) = (directories.elements, entries.elements)
    }

    /// A name, and what ends the list: an empty one.
    private static func name(
        _ reader: inout DwarfReader, _ encoding: UnitEncoding
    ) throws(DebugInfoError) -> TextPlace? {
        let start = reader.offset
        let place = try TextPlace(.string, &reader, encoding)
        return reader.offset == start + 1 ? nil : place
    }

    private static func entries(
        _ reader: inout DwarfReader, _ encoding: UnitEncoding, _ budget: DebugInfoBudget,
        _ reservation: MemoryReservation
    ) throws(DebugInfoError) -> [Entry] {
        var formats: [(content: UInt64, form: Form)] = []
        for _ in 0..<(try reader.byte()) {
            let (content, number) = (try reader.unsigned(), try reader.unsigned())
            guard let form = UInt16(exactly: number).flatMap(Form.init) else { throw reader.unsupported(number) }
            formats.append((content, form))
        }
        let count = try reader.unsigned()
        // An entry takes a byte at least.
        guard count <= UInt64(reader.remaining), count == 0 || !formats.isEmpty else { throw reader.unsupported(count) }
        var entries = ReservedArray<Entry>(reservation)
        for _ in 0..<count {
            var (name, directory): (TextPlace?, UInt64) = (nil, 0)
            let start = reader.offset
            for (content, form) in formats {
                try budget.step()
                let value = try AttributeValue(form, &reader, encoding, unit: 0)
                switch content {
                case Content.path: name = value.text
                case Content.directory: directory = value.number ?? 0
                default: break
                }
            }
            guard reader.offset > start else { throw reader.damage }
            try entries.append(Entry(name: name ?? .inline(.max), directory: directory))
        }
        return entries.elements
    }

    /// The path of a file, as the compiler was given it, and where that path begins.
    ///
    /// - Parameters:
    ///   - compilation: the directory where the compiler ran.
    ///   - text: gives the text at a place.
    func path(of number: UInt64, compilation: String?, text: (TextPlace) -> String?) -> String? {
        guard number >= first, number - first < UInt64(entries.count) else { return nil }
        let entry = entries[Int(number - first)]
        guard let name = text(entry.name), !name.isEmpty else { return nil }
        if name.hasPrefix("/") { return name }
        return [compilation, directory(entry.directory).flatMap(text), name].compactMap(\.self).reduce("") {
            $1.hasPrefix("/") || $0.isEmpty ? $1 : $0 + "/" + $1
        }
    }

    private func directory(_ number: UInt64) -> TextPlace? {
        guard number >= first, number - first < UInt64(directories.count) else { return nil }
        return directories[Int(number - first)].name
    }
}
