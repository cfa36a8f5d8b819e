/// A recording as a whole: what the shares of its parts are shares of.
package struct RecordedWhole: Sendable {
    /// How many events were recorded.
    package let events: Double
    /// The sum of what was measured.
    package let value: Double
    /// The same in blocks of equal time, `RecordedBlocks.count` of them; empty where times aren't known.
    package let blocks: [Double]
    /// The mean square of an event's value over the square of its mean: 1 where all are the same, 2 for durations of
    /// exponential distribution.
    package let dispersion: Double

    package init(events: Double, value: Double, blocks: [Double], dispersion: Double = 1) {
        self.events = events
        self.value = value
        self.blocks = blocks
        self.dispersion = dispersion
    }
}

/// What was measured of one part of a recording, such as a function.
package struct RecordedPart: Sendable {
    package var events: Double
    package var value: Double
    /// Like the recording's.
    package var blocks: [Double]

    package init(events: Double = 0, value: Double = 0, blocks: [Double] = []) {
        self.events = events
        self.value = value
        self.blocks = blocks
    }
}

/// One part in both recordings that are compared.
package struct RecordedPair: Sendable {
    package var before: RecordedPart
    package var after: RecordedPart

    package init(before: RecordedPart, after: RecordedPart) {
        self.before = before
        self.after = after
    }
}

/// How recordings are cut into blocks.
package enum RecordedBlocks {
    /// In the finest cut; each coarser one has half as many.
    package static let count = 40
    /// The cuts into 40, 20, 10 and 5 blocks.
    package static let levels = 4

    /// Half as many blocks of twice the time.
    static func merged(_ blocks: [Double]) -> [Double] {
        stride(from: 0, to: blocks.count - 1, by: 2).map { blocks[$0] + blocks[$0 + 1] }
    }
}
