import Foundation

extension Double {
    /// Seconds since 1970 as `2026-11-21T13:42:04.123Z` (RFC 3339), within the years 1970 to 9999.
    var timestamp: String {
        let bounded = isFinite ? min(max(self, 0), 253_402_300_799) : 0
        return Date(timeIntervalSince1970: bounded).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
