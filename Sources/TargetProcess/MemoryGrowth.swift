package import ProcFS
package import ProfileModel

/// What changed in a region between two readings of a process.
package struct MemoryChange: Sendable {
    package let kind: MemoryKind
    package let name: String
    package let thread: ThreadID?
    package let addresses: Range<Address>
    /// All zero for a region that is new.
    package let before: MemoryAmount
    /// All zero for a region that is gone.
    package let after: MemoryAmount

    /// Bytes by which memory in RAM and swap grew; negative when it shrank.
    package var growth: Int64 {
        Int64(clamping: after.resident &+ after.swap) - Int64(clamping: before.resident &+ before.swap)
    }
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

/// Finds which regions of two readings are the same: files by name, others by the addresses that they share.
private struct RegionJoiner {
    private var named: [String: Pair] = [:]
    private var placed: [(region: MemoryRegion, isLater: Bool)] = []

    struct Pair {
        var latest: MemoryRegion
        var before = MemoryAmount()
        var after = MemoryAmount()
        var end: Address

        init(_ region: MemoryRegion, isLater: Bool) {
            latest = region
            end = region.addresses.upperBound
            add(region, isLater: isLater)
        }

        mutating func add(_ region: MemoryRegion, isLater: Bool) {
            if isLater { after += region.amount } else { before += region.amount }
            if isLater { latest = region }
            end = max(end, region.addresses.upperBound)
        }

        var change: MemoryChange {
            MemoryChange(
                kind: latest.kind, name: latest.name, thread: latest.thread, addresses: latest.addresses,
                before: before, after: after)
        }
    }

    mutating func add(_ region: MemoryRegion, isLater: Bool) {
        if region.kind == .file || region.kind == .shared, !region.name.isEmpty {
            if named[region.name] == nil {
                named[region.name] = Pair(region, isLater: isLater)
            } else {
                named[region.name]?.add(region, isLater: isLater)
            }
        } else {
            placed.append((region, isLater))
        }
    }

    func changes() -> [MemoryChange] { named.values.map(\.change) + placedPairs().map(\.change) }

    /// Regions that overlap, directly or through others, are one: ranges are split, joined and moved at their ends.
    private func placedPairs() -> [Pair] {
        var pairs: [Pair] = []
        for (region, isLater) in placed.sorted(by: { $0.region.addresses.lowerBound < $1.region.addresses.lowerBound })
        {
            if let last = pairs.indices.last, region.addresses.lowerBound < pairs[last].end {
                pairs[last].add(region, isLater: isLater)
            } else {
                pairs.append(Pair(region, isLater: isLater))
            }
        }
        return pairs
    }
}
