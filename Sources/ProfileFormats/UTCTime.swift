/// A moment as a civil date and time in UTC, to the second.
struct UTCTime: CustomStringConvertible {
    private let secondsSince1970: UInt64

    init(nanosecondsSince1970: UInt64) { secondsSince1970 = nanosecondsSince1970 / 1_000_000_000 }

    /// The time as in `2026-07-28 06:34:02 UTC`.
    var description: String {
        let (year, month, day) = date
        let second = secondsSince1970 % 86_400
        let time = [second / 3_600, second / 60 % 60, second % 60].map(Self.twoDigits).joined(separator: ":")
        return "\(year)-\(Self.twoDigits(month))-\(Self.twoDigits(day)) \(time) UTC"
    }

    /// Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`, for days after 1970.
    private var date: (year: UInt64, month: UInt64, day: UInt64) {
        let days = secondsSince1970 / 86_400 + 719_468
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = days / 146_097 * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func twoDigits(_ value: UInt64) -> String { (value < 10 ? "0" : "") + String(value) }
}
