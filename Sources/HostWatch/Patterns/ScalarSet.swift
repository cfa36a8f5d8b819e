/// A set of Unicode scalars, as ascending ranges that don't touch.
struct ScalarSet: Equatable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []

    init() {}

    init(_ ranges: [ClosedRange<UInt32>]) {
        for range in ranges { insert(range) }
    }

    init(_ scalar: Unicode.Scalar) { self.init([scalar.value...scalar.value]) }

    static let digits = ScalarSet([0x30...0x39])
    static let lowercase = ScalarSet([0x61...0x7A])
    static let uppercase = ScalarSet([0x41...0x5A])
    static let wordCharacters = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let blanks = ScalarSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
    static let all = ScalarSet([0...0x10FFFF])

    func contains(_ scalar: UInt32) -> Bool {
        for range in ranges where scalar <= range.upperBound { return scalar >= range.lowerBound }
        return false
    }

    mutating func insert(_ range: ClosedRange<UInt32>) {
        var merged = range
        var kept: [ClosedRange<UInt32>] = []
        for other in ranges {
            if other.upperBound.addingReportingOverflow(1).partialValue < merged.lowerBound
                || merged.upperBound.addingReportingOverflow(1).partialValue < other.lowerBound
            {
                kept.append(other)
            } else {
                merged = min(other.lowerBound, merged.lowerBound)...max(other.upperBound, merged.upperBound)
            }
        }
        ranges = (kept + [merged]).sorted { $0.lowerBound < $1.lowerBound }
    }

    mutating func formUnion(_ other: ScalarSet) {
        for range in other.ranges { insert(range) }
    }

    var inverted: ScalarSet {
        var result = ScalarSet()
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { result.ranges.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { result.ranges.append(next...0x10FFFF) }
        return result
    }

    /// With the other case of every ASCII letter in it.
    var ignoringCase: ScalarSet {
        var result = self
        for range in ranges {
            if let lower = Self.overlap(range, 0x61...0x7A) {
                result.insert(lower.lowerBound - 0x20...lower.upperBound - 0x20)
            }
            if let upper = Self.overlap(range, 0x41...0x5A) {
                result.insert(upper.lowerBound + 0x20...upper.upperBound + 0x20)
            }
        }
        return result
    }

    private static func overlap(
        _ range: ClosedRange<UInt32>, _ letters: ClosedRange<UInt32>
    ) -> ClosedRange<UInt32>? {
        range.overlaps(letters) ? range.clamped(to: letters) : nil
    }
}
