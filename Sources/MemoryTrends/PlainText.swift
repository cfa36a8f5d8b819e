/// Figures as people read them, for evidence.
package enum PlainText {
    /// `312 MiB`, with three digits.
    package static func bytes(_ value: Double) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var (scaled, unit) = (value, 0)
        while abs(scaled) >= 999.5, unit < units.count - 1 { (scaled, unit) = (scaled / 1_024, unit + 1) }
        return "\(digits(scaled, whole: unit == 0)) \(units[unit])"
    }

    /// `52 ± 4 MiB/h`: per second, minute, hour or day, whichever makes at least a MiB, or else the day.
    static func rate(_ perSecond: Double, reach: Double) -> String {
        let times: [(String, Double)] = [("s", 1), ("min", 60), ("h", 3_600), ("d", 86_400)]
        let (name, seconds) = times.first { abs(perSecond) * $0.1 >= 1_048_576 } ?? ("d", 86_400)
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var (scaled, unit, scale) = (perSecond * seconds, 0, seconds)
        while abs(scaled) >= 999.5, unit < units.count - 1 {
            (scaled, unit, scale) = (scaled / 1_024, unit + 1, scale / 1_024)
        }
        return "\(digits(scaled)) ± \(digits(reach * scale)) \(units[unit])/\(name)"
    }

    /// `45 s`, `12 min`, `6 h`, `3 d`.
    package static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: "\(digits(seconds)) s"
        case ..<7_200: "\(digits(seconds / 60)) min"
        case ..<259_200: "\(digits(seconds / 3_600)) h"
        default: "\(digits(seconds / 86_400)) d"
        }
    }

    package static func percent(_ share: Double) -> String { "\(digits(share * 100)) %" }

    /// One digit after the point below ten, none above.
    private static func digits(_ value: Double, whole: Bool = false) -> String {
        guard abs(value) < 1e15 else { return "very many" }
        let tenths = Int((abs(value) * 10).rounded())
        let sign = value < 0 && tenths > 0 ? "−" : ""
        guard tenths < 100, !whole, tenths % 10 != 0 else { return "\(sign)\(Int(abs(value).rounded()))" }
        return "\(sign)\(tenths / 10).\(tenths % 10)"
    }
}
