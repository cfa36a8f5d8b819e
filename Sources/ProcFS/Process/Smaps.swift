/// The address space of a process with what each range holds: `smaps`, proc_pid_smaps(5).
package struct Smaps: Hashable, Sendable {
    /// In ascending order; no two overlap.
    package private(set) var entries: [Entry] = []

    package struct Entry: Hashable, Sendable {
        package let mapping: MemoryMapping
        package fileprivate(set) var amount: MemoryAmount
    }

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var names = NameReader()
        var scanner = ByteScanner()
        while let first = scanner.peek(bytes) {
            if Self.begins(key: first) {
                try readAmount(bytes.extracting(scanner.line(bytes)))
            } else {
                try append(ProcMaps.entry(&scanner, bytes, &names))
            }
        }
    }

    /// A range's first line begins with a small hexadecimal digit, all others with a capital letter.
    private static func begins(key byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }

    private mutating func append(_ mapping: MemoryMapping) throws(ProcFSError) {
        if let last = entries.last, mapping.start < last.mapping.end {
            throw .malformed(file: "smaps", field: "start")
        }
        entries.append(Entry(mapping: mapping, amount: MemoryAmount(virtual: mapping.size)))
    }

    /// Takes a line such as `Rss:      2012 kB`.
    private mutating func readAmount(_ line: Span<UInt8>) throws(ProcFSError) {
        guard let colon = line.indices.first(where: { line[$0] == UInt8(ascii: ":") }), !entries.isEmpty else {
            throw .malformed(file: "smaps", field: "key")
        }
        let field: WritableKeyPath<MemoryAmount, UInt64>
        let key = String(line, 0..<colon)
        switch key {
        case "Rss": field = \.resident
        case "Pss": field = \.proportional
        case "Anonymous": field = \.anonymous
        case "Swap": field = \.swap
        default: return
        }
        var scanner = ByteScanner(at: colon + 1)
        let (bytes, overflowed) = try scanner.decimal(line).required("smaps", key).multipliedReportingOverflow(by: 1024)
        guard !overflowed else { throw .malformed(file: "smaps", field: key) }
        entries[entries.count - 1].amount[keyPath: field] = bytes
    }
}

/// What a range, or several, take up, in bytes.
package struct MemoryAmount: Hashable, Sendable {
    package var virtual: UInt64
    package var resident: UInt64 = 0
    /// Resident pages, each divided by the number of processes that share it.
    package var proportional: UInt64 = 0
    /// Resident pages that no file backs: what the process wrote itself.
    package var anonymous: UInt64 = 0
    package var swap: UInt64 = 0

    package init(virtual: UInt64 = 0) { self.virtual = virtual }

    package static func += (sum: inout Self, other: Self) {
        sum.virtual &+= other.virtual
        sum.resident &+= other.resident
        sum.proportional &+= other.proportional
        sum.anonymous &+= other.anonymous
        sum.swap &+= other.swap
    }
}

/// The sums over a process's mappings: `smaps_rollup`, proc_pid_smaps(5).
package struct SmapsRollup: Hashable, Sendable {
    /// The proportional set size: each page divided by the number of processes that map it.
    package let proportionalBytes: UInt64

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            if scanner.accept(word: "Pss:", bytes) {
                proportionalBytes = try scanner.kibibytes(bytes).required("smaps_rollup", "Pss")
                return
            }
            _ = scanner.line(bytes)
        }
        throw .malformed(file: "smaps_rollup", field: "Pss")
    }
}
