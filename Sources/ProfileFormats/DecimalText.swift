/// Numbers as people read them, without a locale.
enum DecimalText {
    /// `1234567` as `1,234,567`.
    static func grouped(_ value: UInt64) -> String {
        var result = ""
        let digits = String(value)
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// A number and its noun, as in `1 sample` and `1,234 samples`.
    static func counted(_ count: UInt64, _ noun: String) -> String {
        "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    /// `part` of `whole` in percent, with two decimals, rounded to the nearest; `0.00` of nothing.
    static func percent(_ part: UInt64, of whole: UInt64) -> String {
        hundredths(scaled(part, of: whole, to: 10_000), keepingZeros: true)
    }

    /// `1234` as `12.34`; without `keepingZeros`, `1200` as `12`.
    static func hundredths(_ value: UInt64, keepingZeros: Bool = false) -> String {
        let (whole, rest) = value.quotientAndRemainder(dividingBy: 100)
        if rest == 0, !keepingZeros { return String(whole) }
        if rest.isMultiple(of: 10), !keepingZeros { return "\(whole).\(rest / 10)" }
        return "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// `scale · part / whole`, rounded to the nearest, for a `part` that is not greater than `whole`; 0 of nothing.
    static func scaled(_ part: UInt64, of whole: UInt64, to scale: UInt64) -> UInt64 {
        guard whole > 0 else { return 0 }
        let (quotient, remainder) = whole.dividingFullWidth(min(part, whole).multipliedFullWidth(by: scale))
        return remainder >= whole - remainder ? quotient + 1 : quotient
    }

    /// A span of time in the unit that keeps it short: `250 ms`, `30.0 s`, `12 min 5 s`, `3 h 2 min`.
    static func duration(nanoseconds: UInt64) -> String {
        let milliseconds = nanoseconds / 1_000_000
        let seconds = milliseconds / 1_000
        switch seconds {
        case 0: return "\(milliseconds) ms"
        case ..<60: return "\(seconds).\(milliseconds % 1_000 / 100) s"
        case ..<3_600: return "\(seconds / 60) min \(seconds % 60) s"
        default: return "\(grouped(seconds / 3_600)) h \(seconds % 3_600 / 60) min"
        }
    }
}
