/// The floors of consecutive blocks of time.
struct BlockFloors {
    /// Bytes; `nil` where there was no reading.
    private(set) var values: [Double?]
    /// Seconds.
    let blockLength: Double
    /// Readings behind the floors.
    let readings: Int

    init(values: [Double?], blockLength: Double, readings: Int) {
        self.values = values
        self.blockLength = blockLength
        self.readings = readings
    }

    /// Without the blocks before the first that has a floor.
    var trimmed: BlockFloors {
        let first = values.firstIndex { $0 != nil } ?? values.endIndex
        return BlockFloors(values: Array(values[first...]), blockLength: blockLength, readings: readings)
    }

    /// Blocks `count` times as long, aligned with the newest; a rest of older ones is left out.
    func merged(_ count: Int) -> BlockFloors {
        let rest = values.count % count
        let merged = stride(from: rest, to: values.count, by: count).map { start in
            values[start..<start + count].compactMap { $0 }.min()
        }
        return BlockFloors(values: merged, blockLength: blockLength * Double(count), readings: readings)
    }

    var known: Int { values.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }
}
