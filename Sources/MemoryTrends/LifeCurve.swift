/// How much memory a process kept in use over its life, as far as it was seen.
///
/// It grows by one figure whenever the time doubles, so that it takes as little for a year as for a day.
package struct LifeCurve: Sendable, Equatable {
    /// Seconds over which the lowest reading counts as kept: shorter peaks are none of a level.
    private static let block = 300.0
    /// Seconds of a process's life within which it has to be seen first for its curve to be one by age.
    private static let birth = 600.0

    /// The highest floor of a block within the first 1, 2, 4, … blocks, in bytes.
    package private(set) var levels: [UInt64] = []
    /// When it was seen first, in seconds.
    private var first: Double?
    /// The lowest reading of the latest block, and its number.
    private var floor = UInt64.max
    private var number = 0

    package init() {}

    /// Adds a reading; they come in the order of time.
    package mutating func add(_ reading: MemoryReading) {
        let first = self.first ?? reading.seconds
        self.first = first
        let block = (reading.seconds - first) / Self.block
        guard block.isFinite, block >= 0, block < 1e9 else { return }
        if Int(block) > number {
            note(floor)
            (number, floor) = (Int(block), .max)
        }
        floor = min(floor, reading.bytes)
    }

    /// Notes the floor of the block that is over.
    private mutating func note(_ floor: UInt64) {
        let place = Self.place(of: number + 1)
        let highest = max(levels.last ?? 0, floor)
        while levels.count < place { levels.append(levels.last ?? floor) }
        if levels.count == place { levels.append(highest) } else { levels[place] = highest }
    }

    /// The highest level so far, in bytes; `nil` before the first block is over.
    package var highest: UInt64? { levels.last }

    /// Whether it has come to an end of its growth: in the later part of its life, a third of it at least, it rose by a fifth of
    /// all at most.
    package var hasPlateaued: Bool {
        guard levels.count >= 3, let last = levels.last else { return false }
        let rise = last - min(levels[0], last)
        // The last doubling of the time may have just begun.
        let isLate = 2 * number >= 3 << (levels.count - 2)
        let before = levels[levels.count - (isLate ? 2 : 3)]
        return Double(last - before) <= max(0.2 * Double(rise), 0.02 * Double(last))
    }

    /// Whether the process was seen from its start on, so that its levels are those by its age.
    package func isWhole(startOfLife: Double) -> Bool { first.map { $0 - startOfLife <= Self.birth } ?? false }

    /// The place in `levels` of the first so many blocks.
    private static func place(of blocks: Int) -> Int { Int.bitWidth - (max(1, blocks) - 1).leadingZeroBitCount }

    /// The place in the levels of other lives of the age that a process has.
    package static func place(ofAge seconds: Double) -> Int {
        let blocks = (seconds / block).rounded(.up)
        return blocks.isFinite && blocks < 1e9 ? place(of: Int(max(1, blocks))) : 0
    }
}
