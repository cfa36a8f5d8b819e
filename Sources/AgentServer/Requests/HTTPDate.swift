import Glibc

/// The time in a `Date` header, of RFC 9110, section 5.6.7.
enum HTTPDate {
    /// As in `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func now() -> String {
        var seconds = time(nil)
        var fields = unsafe tm()
        // Safe: the call fills the structure.
        unsafe gmtime_r(&seconds, &fields)
        let (day, month) = unsafe (days[Int(fields.tm_wday) % 7], months[Int(fields.tm_mon) % 12])
        let clock = unsafe [fields.tm_hour, fields.tm_min, fields.tm_sec].map(twoDigits).joined(separator: ":")
        return unsafe "\(day), \(twoDigits(fields.tm_mday)) \(month) \(Int(fields.tm_year) + 1900) \(clock) GMT"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func twoDigits(_ value: CInt) -> String { (value < 10 ? "0" : "") + String(value) }
}
