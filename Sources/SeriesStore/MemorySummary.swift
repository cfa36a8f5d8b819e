/// Memory at one collection, in bytes.
struct MemoryAmounts: Hashable, Sendable {
    /// Anonymous memory and swap together.
    var leakable: UInt64
    var resident: UInt64

    static func + (left: Self, right: Self) -> Self {
        MemoryAmounts(
            leakable: left.leakable.addingClamped(right.leakable),
            resident: left.resident.addingClamped(right.resident))
    }
}

/// The memory of several collections together, in bytes.
struct MemorySummary: Hashable, Sendable {
    var minimum: UInt64
    var maximum: UInt64
    var average: UInt64
    var last: UInt64
    var residentLast: UInt64
    var residentMaximum: UInt64
    /// Collections.
    var count: UInt64

    init(_ amounts: MemoryAmounts) {
        minimum = amounts.leakable
        maximum = amounts.leakable
        average = amounts.leakable
        last = amounts.leakable
        residentLast = amounts.resident
        residentMaximum = amounts.resident
        count = 1
    }

    init(
        minimum: UInt64, maximum: UInt64, average: UInt64, last: UInt64, residentLast: UInt64,
        residentMaximum: UInt64, count: UInt64
    ) {
        self.minimum = minimum
        self.maximum = maximum
        self.average = average
        self.last = last
        self.residentLast = residentLast
        self.residentMaximum = residentMaximum
        self.count = count
    }
}

/// Sums up collections, or summaries of collections, in the order of their time.
struct SummaryBuilder {
    private var summary: MemorySummary
    /// Byte-collections: 2⁶⁴ collections of 2⁶⁴ bytes fit.
    private var total: UInt128

    init(_ first: MemorySummary) {
        summary = first
        total = UInt128(first.average) * UInt128(first.count)
    }

    mutating func add(_ next: MemorySummary) {
        summary.minimum = min(summary.minimum, next.minimum)
        summary.maximum = max(summary.maximum, next.maximum)
        summary.last = next.last
        summary.residentLast = next.residentLast
        summary.residentMaximum = max(summary.residentMaximum, next.residentMaximum)
        summary.count = summary.count.addingClamped(next.count)
        let (sum, overflow) = total.addingReportingOverflow(UInt128(next.average) * UInt128(next.count))
        total = overflow ? .max : sum
    }

    var result: MemorySummary {
        var result = summary
        let count = UInt128(max(summary.count, 1))
        result.average = UInt64(clamping: (total / count) + (total % count > count / 2 ? 1 : 0))
        return result
    }
}

extension UInt64 {
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
