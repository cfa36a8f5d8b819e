/// The floors of consecutive blocks of time.
struct BlockFloors {
    /// Readings below which not every block of a window has two.
    static let fewReadings = 2 * FloorWindow.blocks
    /// The share of blocks that need readings for more than a warning.
    private static let leastCover = 0.75

    /// Bytes; `nil` where there was no reading.
    private(set) var values: [Double?]
    /// Seconds.
    let blockLength: Double
    /// Readings behind the floors.
    let readings: Int
    /// The number of the last block.
    let lastBlock: Int

    init(values: [Double?], blockLength: Double, readings: Int, lastBlock: Int) {
        self.lastBlock = lastBlock
        self.values = values
        self.blockLength = blockLength
        self.readings = readings
    }

    /// Without the blocks before the first that has a floor.
    var trimmed: BlockFloors {
        let first = values.firstIndex { $0 != nil } ?? values.endIndex
        return BlockFloors(
            values: Array(values[first...]), blockLength: blockLength, readings: readings, lastBlock: lastBlock)
    }

    /// The minima of four neighbours each.
    static func coarse(_ floors: [Double]) -> [Double] {
        stride(from: 0, to: floors.count, by: 4).compactMap { floors[$0..<min($0 + 4, floors.count)].min() }
    }

    var isCovered: Bool { Double(known) >= Self.leastCover * Double(values.count) }

    /// The opposing evidence of few readings, in natural log-odds: see `OpposingEvidence`.
    ///
    /// Without it, twice as many of those that don't leak would be called leaks in 24 readings as in 96.
    var opposing: Double {
        readings < Self.fewReadings ? 2 * (1 - min(1, Double(known) / Double(FloorWindow.blocks))) : 0
    }

    private var known: Int { values.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }

    /// As many floors as asked for, at equal distances, with straight lines between those that are known.
    func stretched(to count: Int) -> [Double]? {
        let known = values.indices.compactMap { index in values[index].map { (place: Double(index), floor: $0) } }
        guard known.count >= 8, count > 1 else { return nil }
        var next = 1
        return (0..<count).map { index in
            let place = Double(index) * Double(values.count - 1) / Double(count - 1)
            while next < known.count - 1, known[next].place < place { next += 1 }
            let (low, high) = (known[next - 1], known[next])
            let share = max(0, min(1, (place - low.place) / (high.place - low.place)))
            return low.floor + (high.floor - low.floor) * share
        }
    }
}
