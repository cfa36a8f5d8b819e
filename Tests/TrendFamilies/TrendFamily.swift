/// Synthetic series of one kind, with the right answer.
package struct TrendFamily: Sendable {
    package let name: String
    package let leaks: Bool
    /// When the leak begins, as a share of the window; `nil` where nothing leaks.
    package let onset: Double?
    private let bytes: @Sendable (inout Draw) -> [Double]

    /// Readings in a series: one a minute for a day.
    package static let readings = 1_440

    package init(
        leak name: String, onset: Double = 0, _ bytes: @escaping @Sendable (inout Draw) -> [Double]
    ) {
        (self.name, leaks, self.onset, self.bytes) = (name, true, onset, bytes)
    }

    package init(sound name: String, _ bytes: @escaping @Sendable (inout Draw) -> [Double]) {
        (self.name, leaks, onset, self.bytes) = (name, false, nil, bytes)
    }

    /// Bytes at equal distances.
    package func series(seed: UInt64, index: Int) -> [UInt64] {
        var draw = Draw(seed: seed, family: name, index: index)
        return bytes(&draw).map { UInt64(max(0, min($0, 1e15))) }
    }
}
