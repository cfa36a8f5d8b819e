/// Shares and hundredths in decimal digits, exactly rounded: the same profile gives the same bytes everywhere.
enum DecimalText {
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
}
