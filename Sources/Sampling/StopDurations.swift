internal import SystemSupport

/// How long threads were stopped, as a histogram of nanoseconds.
///
/// Sixteen buckets to an octave, so that a percentile is off by less than 1/16.
package struct StopDurations: Sendable, Equatable {
    private static let bucketsPerOctave: UInt64 = 16

    private static let bucketCount = 64 * 16

    /// None before the first duration.
    private var buckets: [UInt64] = []
    package private(set) var count: UInt64 = 0
    package private(set) var totalNanoseconds: UInt64 = 0
    package private(set) var maximum: UInt64 = 0

    package init() {}

    package mutating func add(nanoseconds: UInt64) {
        if buckets.isEmpty { buckets = [UInt64](repeating: 0, count: Self.bucketCount) }
        buckets[Self.bucket(of: nanoseconds)] += 1
        count += 1
        totalNanoseconds &+= nanoseconds
        maximum = max(maximum, nanoseconds)
    }

    mutating func add(_ other: StopDurations) {
        if buckets.isEmpty {
            buckets = other.buckets
        } else {
            for index in other.buckets.indices { buckets[index] += other.buckets[index] }
        }
        count += other.count
        totalNanoseconds &+= other.totalNanoseconds
        maximum = max(maximum, other.maximum)
    }

    /// The middle of the bucket that the share `quantile` (0 to 1) of all times doesn't exceed; `nil` without times.
    package func percentile(_ quantile: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let rank = min(count - 1, UInt64(Double(count) * quantile))
        var seen: UInt64 = 0
        for (index, bucketCount) in buckets.enumerated() {
            seen += bucketCount
            if seen > rank { return Self.middle(of: index) }
        }
        return maximum
    }

    private static func bucket(of value: UInt64) -> Int {
        guard value >= bucketsPerOctave else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let fraction = value >> UInt64(exponent - 4) & 15
        return (exponent - 3) * 16 + Int(fraction)
    }

    private static func middle(of index: Int) -> UInt64 {
        guard index >= 16 else { return UInt64(index) }
        let exponent = UInt64(index / 16 + 3)
        let width: UInt64 = 1 << (exponent - 4)
        return (1 << exponent) + UInt64(index % 16) * width + width / 2
    }
}

/// Watches which share of the time a target's threads are stopped.
struct StopBudget {
    /// Long enough for one slow stop not to count for much.
    private static let window: UInt64 = 1_000_000_000
    private static let windowsInARow = 2

    private let share: Double
    private var start: MonotonicTime
    private var stoppedAtStart: UInt64 = 0
    private var exceededWindows = 0

    /// - Parameter share: of the wall time, 0 to 1.
    init(share: Double, from start: MonotonicTime) {
        self.share = share
        self.start = start
    }

    /// The share of the time in the last window, when it was above the budget as it was in the one before.
    ///
    /// - Parameter stoppedNanoseconds: of all stops so far.
    mutating func excess(stoppedNanoseconds: UInt64, at now: MonotonicTime) -> Double? {
        let elapsed = now.since(start)
        guard elapsed >= Self.window else { return nil }
        let measured = Double(stoppedNanoseconds &- stoppedAtStart) / Double(elapsed)
        (start, stoppedAtStart) = (now, stoppedNanoseconds)
        exceededWindows = measured > share ? exceededWindows + 1 : 0
        return exceededWindows >= Self.windowsInARow ? measured : nil
    }
}
