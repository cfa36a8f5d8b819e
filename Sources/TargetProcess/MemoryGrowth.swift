package import ProcFS
package import ProfileModel

/// What changed in a region between two readings of a process.
package struct MemoryChange: Sendable {
    package let kind: MemoryKind
    package let name: String
    package let thread: ThreadID?
    package let addresses: Range<Address>?
    /// All zero for a region that is new.
    package let before: MemoryAmount
    /// All zero for a region that is gone.
    package let after: MemoryAmount

    /// Bytes by which memory in RAM and swap grew; negative when it shrank.
    package var growth: Int64 { Int64(clamping: after.inMemory) - Int64(clamping: before.inMemory) }
}

extension MemoryAmount {
    /// In RAM, whether a resident size has it or not, and in swap.
    package var inMemory: UInt64 { resident &+ swap &+ beyondResident }
}

/// What grew between two readings of a process.
package struct MemoryGrowth: Sendable {
    /// Those that changed, the greatest growth first.
    package let changes: [MemoryChange]

    package init(from before: MemoryBreakdown, to after: MemoryBreakdown) {
        var joiner = RegionJoiner()
        for region in before.regions { joiner.add(region, isLater: false) }
        for region in after.regions { joiner.add(region, isLater: true) }
        changes = joiner.changes().filter { $0.growth != 0 }.sorted { $0.growth > $1.growth }
    }
}

/// Finds which regions of two readings are the same: files and what isn't mapped by name, others by the addresses that they share.
private struct RegionJoiner {
    private var named: [String: Pair] = [:]
    private var placed: [Placed] = []

    struct Placed {
        let region: MemoryRegion
        let addresses: Range<Address>
        let isLater: Bool
    }

    struct Pair {
        var latest: MemoryRegion
        var before = MemoryAmount()
        var after = MemoryAmount()
        /// Where its addresses end, if it has some.
        var end: Address?

        init(_ region: MemoryRegion, isLater: Bool) {
            latest = region
            end = region.addresses?.upperBound
            add(region, isLater: isLater)
        }

        mutating func add(_ region: MemoryRegion, isLater: Bool) {
            if isLater { after += region.amount } else { before += region.amount }
            if isLater { latest = region }
            end = [end, region.addresses?.upperBound].compactMap { $0 }.max()
        }

        var change: MemoryChange {
            MemoryChange(
                kind: latest.kind, name: latest.name, thread: latest.thread, addresses: latest.addresses,
                before: before, after: after)
        }
    }

    mutating func add(_ region: MemoryRegion, isLater: Bool) {
        if !region.isJoinedByName, let addresses = region.addresses {
            placed.append(Placed(region: region, addresses: addresses, isLater: isLater))
            return
        }
        if named[region.name] == nil {
            named[region.name] = Pair(region, isLater: isLater)
        } else {
            named[region.name]?.add(region, isLater: isLater)
        }
    }

    func changes() -> [MemoryChange] { named.values.map(\.change) + placedPairs().map(\.change) }

    /// Regions that overlap, directly or through others, are one: ranges are split, joined and moved at their ends.
    private func placedPairs() -> [Pair] {
        var pairs: [Pair] = []
        for part in placed.sorted(by: { $0.addresses.lowerBound < $1.addresses.lowerBound }) {
            if let last = pairs.indices.last, let end = pairs[last].end, part.addresses.lowerBound < end {
                pairs[last].add(part.region, isLater: part.isLater)
            } else {
                pairs.append(Pair(part.region, isLater: part.isLater))
            }
        }
        return pairs
    }
}
