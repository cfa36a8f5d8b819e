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
        guard !entries.isEmpty, line.indices.contains(where: { line[$0] == UInt8(ascii: ":") }) else {
            throw .malformed(file: "smaps", field: "key")
        }
        var scanner = ByteScanner()
        let field: WritableKeyPath<MemoryAmount, UInt64>
        switch line[0] {
        case UInt8(ascii: "R") where scanner.accept(word: "Rss:", line): field = \.resident
        case UInt8(ascii: "P") where scanner.accept(word: "Pss:", line): field = \.proportional
        case UInt8(ascii: "A") where scanner.accept(word: "Anonymous:", line): field = \.anonymous
        case UInt8(ascii: "S") where scanner.accept(word: "Swap:", line): field = \.swap
        case UInt8(ascii: "L") where scanner.accept(word: "LazyFree:", line): field = \.lazilyFreed
        case UInt8(ascii: "S") where scanner.accept(word: "Shared_Hugetlb:", line): field = \.sharedHugeTLB
        case UInt8(ascii: "P") where scanner.accept(word: "Private_Hugetlb:", line): field = \.privateHugeTLB
        case UInt8(ascii: "K") where scanner.accept(word: "KernelPageSize:", line): field = \.pageSize
        default: return
        }
        let bytes = try scanner.kibibytes(line).required("smaps", String(line, 0..<scanner.offset))
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
    /// Of the anonymous ones, those that were given back by MADV_FREE and not taken by the kernel yet.
    package var lazilyFreed: UInt64 = 0
    /// Pages of hugetlbfs, which are in no resident size: those that other processes map too, and those that they don't.
    package var sharedHugeTLB: UInt64 = 0
    package var privateHugeTLB: UInt64 = 0
    /// What is in RAM for the process, and neither mapped nor in its resident size: page tables, files in memory.
    package var unmapped: UInt64 = 0
    /// The largest size of the pages that a range may have.
    package var pageSize: UInt64 = 0

    package var hugeTLB: UInt64 { sharedHugeTLB &+ privateHugeTLB }

    /// In RAM, and in no resident size.
    package var beyondResident: UInt64 { hugeTLB &+ unmapped }

    package init(virtual: UInt64 = 0) { self.virtual = virtual }

    package static func += (sum: inout Self, other: Self) {
        sum.virtual &+= other.virtual
        sum.resident &+= other.resident
        sum.proportional &+= other.proportional
        sum.anonymous &+= other.anonymous
        sum.swap &+= other.swap
        sum.lazilyFreed &+= other.lazilyFreed
        sum.sharedHugeTLB &+= other.sharedHugeTLB
        sum.privateHugeTLB &+= other.privateHugeTLB
        sum.unmapped &+= other.unmapped
        sum.pageSize = max(sum.pageSize, other.pageSize)
    }
}

/// The sums over a process's mappings: `smaps_rollup`, proc_pid_smaps(5), in bytes.
package struct SmapsRollup: Hashable, Sendable {
    /// The proportional set size: each page divided by the number of processes that map it.
    package let proportionalBytes: UInt64
    /// Resident pages that no file backs.
    package private(set) var anonymousBytes: UInt64 = 0
    /// Those of them that were given back by MADV_FREE.
    package private(set) var lazilyFreedBytes: UInt64 = 0
    /// Pages of hugetlbfs that no other process maps.
    package private(set) var privateHugeTLBBytes: UInt64 = 0

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        var proportional: UInt64?
        while !scanner.isAtEnd(of: bytes) {
            switch scanner.peek(bytes) {
            case UInt8(ascii: "P") where scanner.accept(word: "Pss:", bytes):
                proportional = try scanner.kibibytes(bytes).required("smaps_rollup", "Pss")
            case UInt8(ascii: "A") where scanner.accept(word: "Anonymous:", bytes):
                anonymousBytes = try scanner.kibibytes(bytes).required("smaps_rollup", "Anonymous")
            case UInt8(ascii: "L") where scanner.accept(word: "LazyFree:", bytes):
                lazilyFreedBytes = try scanner.kibibytes(bytes).required("smaps_rollup", "LazyFree")
            case UInt8(ascii: "P") where scanner.accept(word: "Private_Hugetlb:", bytes):
                privateHugeTLBBytes = try scanner.kibibytes(bytes).required("smaps_rollup", "Private_Hugetlb")
            default: break
            }
            _ = scanner.line(bytes)
        }
        proportionalBytes = try proportional.required("smaps_rollup", "Pss")
    }
}
