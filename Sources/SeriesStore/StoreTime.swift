/// Milliseconds on the store's own clock, which only grows: what orders, groups and expires all that is stored.
///
/// It follows `CLOCK_MONOTONIC` within an `Era`, so that jumps of the wall clock move nothing.
struct StoreTime: Hashable, Comparable, Sendable {
    let milliseconds: Int64

    /// 0 for one that no clock can show.
    init(seconds: Double) {
        self.init(milliseconds: Int64(exactly: (seconds * 1000).rounded()) ?? 0)
    }

    /// Kept within what sums of two times can't exceed, whatever a damaged file says.
    init(milliseconds: Int64) { self.milliseconds = min(max(milliseconds, -Self.furthest), Self.furthest) }

    /// 140,000 years.
    private static let furthest: Int64 = 1 << 52

    static let zero = StoreTime(milliseconds: 0)

    static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    var seconds: Double { Double(milliseconds) / 1000 }

    /// The start of the span that it lies in.
    func start(of span: Span) -> StoreTime {
        let remainder = milliseconds % span.milliseconds
        return StoreTime(milliseconds: milliseconds - (remainder < 0 ? remainder + span.milliseconds : remainder))
    }

    func advanced(by seconds: Double) -> StoreTime {
        StoreTime(milliseconds: milliseconds + StoreTime(seconds: seconds).milliseconds)
    }
}

/// What looks are summed up over.
enum Span: String, CaseIterable, Sendable {
    case fiveMinutes = "five_minutes"
    case hour = "hours"

    var seconds: Double { self == .hour ? 3600 : 300 }
    var milliseconds: Int64 { self == .hour ? 3_600_000 : 300_000 }
    /// Its table in the database.
    var table: String { rawValue }
}
