internal import ProfileModel
internal import Statistics

/// Adds up what two profiles measured of parts, such as functions, in all and in blocks of time.
struct PartMeasurement {
    /// Calls its argument with each part that samples of a node belong to, each part once.
    typealias Parts = (_ node: Int, _ body: (Int) -> Void) -> Void

    /// At most so many parts are tested, those of the most samples.
    private static let mostTested = 20_000

    let paired: PairedTree
    let before: RecordedWhole
    let after: RecordedWhole
    private let blocks: (before: TimeBlocks, after: TimeBlocks)?
    /// Parts of fewer samples can't differ significantly, however these are split.
    private let leastEvents: Double

    init(_ paired: PairedTree, rate: Double) {
        self.paired = paired
        let blocks = TimeBlocks(paired.before).flatMap { before in
            TimeBlocks(paired.after).map { (before, $0) }
        }
        self.blocks = blocks
        before = Self.whole(paired.before, blocks?.0)
        after = Self.whole(paired.after, blocks?.1)
        leastEvents = ShareComparison.leastEvents(before: before, after: after, rate: rate)
    }

    /// What was measured of each of so many parts; in blocks only of those that are worth a test.
    func pairs(count: Int, of parts: Parts) -> [RecordedPair] {
        var pairs = Array(repeating: RecordedPair(before: RecordedPart(), after: RecordedPart()), count: count)
        for leaf in paired.before { parts(leaf.node) { pairs[$0].before.add(leaf) } }
        for leaf in paired.after { parts(leaf.node) { pairs[$0].after.add(leaf) } }
        guard let blocks else { return pairs }
        let tested = PositionIndex(of: testedParts(of: pairs), count: count)
        let first = blockValues(paired.before, blocks.before, parts, tested)
        let second = blockValues(paired.after, blocks.after, parts, tested)
        for (place, part) in tested.positions.enumerated() {
            let range = place * RecordedBlocks.count..<(place + 1) * RecordedBlocks.count
            pairs[part].before.blocks = Array(first[range])
            pairs[part].after.blocks = Array(second[range])
        }
        return pairs
    }

    /// The parts that have enough samples for a test.
    func testedParts(of pairs: [RecordedPair]) -> [Int] {
        func events(_ part: Int) -> Double { pairs[part].before.events + pairs[part].after.events }
        let possible = pairs.indices.filter { events($0) >= leastEvents }
        guard possible.count > Self.mostTested else { return possible }
        return Array(possible.sorted { events($0) > events($1) }.prefix(Self.mostTested))
    }

    /// The values of the parts that are tested, the blocks of one after those of another.
    private func blockValues(
        _ leaves: [PairedTree.Leaf], _ blocks: TimeBlocks, _ parts: Parts, _ tested: PositionIndex
    ) -> [Double] {
        var values = Array(repeating: 0.0, count: tested.positions.count * RecordedBlocks.count)
        var shares: [(block: Int, value: Double)] = []
        for leaf in leaves {
            shares.removeAll(keepingCapacity: true)
            blocks.forEachShare(of: leaf.runs) { shares.append(($0, $1 * Double(leaf.value))) }
            parts(leaf.node) { part in
                guard let place = tested[part] else { return }
                for share in shares { values[place * RecordedBlocks.count + share.block] += share.value }
            }
        }
        return values
    }

    private static func whole(_ leaves: [PairedTree.Leaf], _ blocks: TimeBlocks?) -> RecordedWhole {
        var totals = blocks == nil ? [] : Array(repeating: 0.0, count: RecordedBlocks.count)
        for leaf in leaves { blocks?.forEachShare(of: leaf.runs) { totals[$0] += $1 * Double(leaf.value) } }
        let events = leaves.reduce(0) { $0 + $1.events }
        let value = leaves.reduce(0) { $0 + Double($1.value) }
        let mean = value / max(1, events)
        let isProportional = leaves.allSatisfy { abs(Double($0.value) - mean * $0.events) <= 0.01 * Double($0.value) }
        // Durations are about as exponential distributions have them.
        return RecordedWhole(events: events, value: value, blocks: totals, dispersion: isProportional ? 1 : 2)
    }
}

extension RecordedPart {
    fileprivate mutating func add(_ leaf: PairedTree.Leaf) {
        events += leaf.events
        value += Double(leaf.value)
    }
}
