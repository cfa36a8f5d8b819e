/// The minima of memory over equal blocks of the latest time, for one window.
///
/// A reading is added in constant time; 48 floors take less than 600 bytes. Blocks lie on a grid of times, so that readings
/// added again after a restart give the same floors.
package struct FloorWindow: Sendable, Equatable {
    /// Blocks in a window: each of the coarse ones has four.
    package static let blocks = 48

    /// Seconds.
    package let window: Double
    /// Where blocks begin, in seconds.
    private let origin: Double
    /// Lowest readings, at the block's number modulo the capacity.
    ///
    /// That is one more than the window has blocks: the newest is still growing.
    private var floors: [UInt64]
    /// Readings behind each floor, 255 for more; 0 means that the floor isn't valid.
    private var counts: [UInt8]
    /// The number of the newest block that has a reading.
    private var newest: Int?
    private(set) var firstSeconds: Double?
    private(set) var lastReading: MemoryReading?

    /// - Parameter blocks: fewer for a series that doesn't fill as many.
    package init(window: Double, origin: Double = 0, blocks: Int = Self.blocks) {
        self.window = window
        self.origin = origin
        floors = [UInt64](repeating: 0, count: blocks + 1)
        counts = [UInt8](repeating: 0, count: blocks + 1)
    }

    private var capacity: Int { counts.count }

    /// Seconds of a block.
    var blockLength: Double { window / Double(capacity - 1) }

    /// Adds a reading; one that is older than the window, or whose time is not finite, is left out.
    package mutating func add(_ reading: MemoryReading) {
        guard let block = number(at: reading.seconds) else { return }
        let latest = newest ?? block
        guard block > latest - capacity else { return }
        if block > latest { clear(from: latest + 1, through: block) }
        newest = max(latest, block)
        let place = place(of: block)
        floors[place] = counts[place] == 0 ? reading.bytes : min(floors[place], reading.bytes)
        counts[place] = counts[place] == .max ? .max : counts[place] + 1
        firstSeconds = min(firstSeconds ?? reading.seconds, reading.seconds)
        if reading.seconds >= lastReading?.seconds ?? reading.seconds { lastReading = reading }
    }

    private func number(at seconds: Double) -> Int? {
        let number = ((seconds - origin) / blockLength).rounded(.down)
        // Beyond this, neighbouring blocks are the same number.
        return abs(number) < 1e15 && window > 0 && window.isFinite ? Int(number) : nil
    }

    private func place(of block: Int) -> Int {
        let rest = block % capacity
        return rest < 0 ? rest + capacity : rest
    }

    private mutating func clear(from first: Int, through last: Int) {
        for block in max(first, last - capacity + 1)...last { counts[place(of: block)] = 0 }
    }

    /// The floors that a verdict is made of, the oldest first; blocks that began before `earliest` are left out.
    ///
    /// The newest block counts once it is half full: a part of a sawtooth's period has a higher floor than the whole.
    func floors(since earliest: Double?) -> BlockFloors? {
        guard let newest, let lastReading else { return nil }
        let age = lastReading.seconds - origin - Double(newest) * blockLength
        let last = age >= blockLength * 0.5 ? newest : newest - 1
        var values: [Double?] = []
        values.reserveCapacity(capacity - 1)
        for block in (last - capacity + 2)...last {
            let isEarly = earliest.map { origin + Double(block) * blockLength < $0 } ?? false
            let place = place(of: block)
            values.append(isEarly || counts[place] == 0 ? nil : Double(floors[place]))
        }
        return BlockFloors(
            values: values, blockLength: blockLength, readings: counts.reduce(0) { $0 + Int($1) }, lastBlock: last)
    }
}

extension FloorWindow {
    /// The fewest blocks that a series is judged in.
    private static let fewestBlocks = 16

    /// All of a series, in as many blocks as its readings fill, at most those of a window.
    init(ofWhole series: MemorySeries, window: Double) {
        let finest = FloorWindow(series, window: window, blocks: Self.blocks)
        let fewest = series.readings.count < BlockFloors.fewReadings ? Self.fewestBlocks : Self.blocks
        self =
            stride(from: Self.blocks, through: fewest, by: -1).lazy
            .map { FloorWindow(series, window: window, blocks: $0) }
            .first { $0.floors(since: nil)?.trimmed.isCovered ?? false } ?? finest
    }

    private init(_ series: MemorySeries, window: Double, blocks: Int) {
        self.init(window: window, origin: series.readings.first?.seconds ?? 0, blocks: blocks)
        for reading in series.readings { add(reading) }
    }
}
