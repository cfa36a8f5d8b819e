internal import ObjectFiles
internal import SystemSupport

/// Ranges of code and the units that they belong to: by their numbers, or by their offsets in `.debug_info`.
struct CodeRanges<Unit: Comparable> {
    private struct Entry {
        let range: Range<UInt64>
        let unit: Unit
    }

    /// In the order of their starts.
    private var entries: ReservedArray<Entry>

    init(_ reservation: MemoryReservation) { entries = ReservedArray(reservation) }

    mutating func append(_ range: Range<UInt64>, _ unit: Unit) throws(DebugInfoError) {
        try entries.append(Entry(range: range, unit: unit))
    }

    /// Has to follow the last addition.
    mutating func sort() { entries.sort { ($0.range.lowerBound, $0.unit) < ($1.range.lowerBound, $1.unit) } }

    /// The units at an address, the likeliest one first.
    func units(at address: UInt64) -> [Unit] {
        let entries = entries.elements
        let end = entries.partitionPoint { $0.range.lowerBound <= address }
        return entries[..<end].suffix(Self.overlaps).reversed().filter { $0.range.contains(address) }.map(\.unit)
    }

    /// How many ranges before an address may contain it.
    private static var overlaps: Int { 8 }
}
