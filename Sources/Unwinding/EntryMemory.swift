/// The memory in which libunwind finds frame descriptions.
///
/// libunwind caches the rules of an instruction, but of a rule that is an expression only its address. Entries
/// with expressions therefore stay where they are until the cache is flushed; others make room for the next.
struct EntryMemory {
    /// Where it pretends to be: not canonical addresses, so no real memory can be there.
    static let base: UInt64 = 0xffe0_0000_0000_0000
    /// Eight bytes for `clibunwind_use_entry`: a search table that sends every address to the entry itself.
    static let tableAddress = base
    private static let table: [UInt8] = [0, 0, 0, 0x80, 0, 0, 0, 0]
    private static let keptLimit = 4 * 1024 * 1024

    private var bytes = table
    private var keptCount = table.count

    /// Whether so much is kept that the cache should be flushed.
    var isFull: Bool { keptCount > Self.keptLimit }

    /// Forgets all entries; to be called when the cache is flushed.
    mutating func removeAll() {
        bytes = Self.table
        keptCount = bytes.count
    }

    /// Makes an entry readable; returns where its description is.
    mutating func add(_ entry: SanitizedEntry) -> UInt64 {
        bytes.removeLast(bytes.count - keptCount)
        let address = Self.base + UInt64(keptCount + entry.descriptionOffset)
        bytes += entry.bytes
        if entry.hasExpressions { keptCount = bytes.count }
        return address
    }

    /// The word at `address`, its bytes behind the end taken as zero; `nil` outside.
    func word(at address: UInt64) -> UInt64? {
        guard address >= Self.base else { return nil }
        let offset = address - Self.base
        guard offset < UInt64(bytes.count) else { return nil }
        var word: UInt64 = 0
        for index in Int(offset)..<min(Int(offset) + 8, bytes.count) {
            word |= UInt64(bytes[index]) << UInt64(8 * (index - Int(offset)))
        }
        return word
    }
}
