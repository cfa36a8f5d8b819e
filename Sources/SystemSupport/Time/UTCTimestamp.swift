/// A time in UTC as people and other programs read it, in the years 1970 to 9999.
package struct UTCTimestamp: Hashable, Sendable {
    private let seconds: UInt64
    private let nanoseconds: UInt64

    /// The last second of the year 9999.
    private static let last: UInt64 = 253_402_300_799

    package init(nanosecondsSince1970: UInt64) {
        (seconds, nanoseconds) = nanosecondsSince1970.quotientAndRemainder(dividingBy: 1_000_000_000)
    }

    /// The nearest time that can be represented; 1970 for what is no number.
    package init(secondsSince1970: Double) {
        let milliseconds = secondsSince1970.isFinite ? (secondsSince1970 * 1_000).rounded() : 0
        let bounded = min(max(milliseconds, 0), Double(Self.last) * 1_000)
        seconds = UInt64(bounded) / 1_000
        nanoseconds = UInt64(bounded) % 1_000 * 1_000_000
    }

    package static var now: UTCTimestamp { UTCTimestamp(nanosecondsSince1970: SystemClock.wall.nanoseconds) }

    /// `2026-11-21T13:42:04.123Z` (RFC 3339).
    package var rfc3339: String {
        "\(date)T\(time).\(Self.padded(nanoseconds / 1_000_000, 3))Z"
    }

    /// `2026-11-21 13:42:04 UTC`, for titles.
    package var title: String { "\(date) \(time) UTC" }

    /// `20261121T134204Z` (ISO 8601, basic format), for names of files.
    package var fileName: String { (date + "T" + time + "Z").filter { $0 != "-" && $0 != ":" } }

    /// `Sat, 21 Nov 2026 13:42:04 GMT` (RFC 9110, section 5.6.7).
    package var httpDate: String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let (year, month, day) = civilDate
        let weekday = days[Int(seconds / 86_400 % 7)]
        return "\(weekday), \(Self.padded(day)) \(months[Int(month) - 1]) \(Self.padded(year, 4)) \(time) GMT"
    }

    private var date: String {
        let (year, month, day) = civilDate
        return "\(Self.padded(year, 4))-\(Self.padded(month))-\(Self.padded(day))"
    }

    private var time: String {
        let second = seconds % 86_400
        return [second / 3_600, second / 60 % 60, second % 60].map { Self.padded($0) }.joined(separator: ":")
    }

    /// Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`, for days after 1970.
    private var civilDate: (year: UInt64, month: UInt64, day: UInt64) {
        let days = seconds / 86_400 + 719_468
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = days / 146_097 * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func padded(_ value: UInt64, _ digits: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
