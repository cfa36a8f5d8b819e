internal import Glibc

/// Numbers as people read them, the same in every locale.
package enum NumberText {
    /// `1234567` as `1,234,567`.
    package static func grouped(_ value: some BinaryInteger) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// `1 sample`, `2,000 samples`.
    package static func count(_ number: some BinaryInteger, _ noun: String) -> String {
        "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// A number with a fixed count of digits, at most nine, after the point; `?` for what is not finite or 10^15 and more.
    package static func decimal(_ value: Double, digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15, (0...9).contains(digits) else { return "?" }
        let unit = pow(10, Double(digits))
        let whole = abs(value).rounded(.down)
        // Apart from the whole part, so that neither overflows.
        let fraction = ((abs(value) - whole) * unit).rounded()
        let carried = fraction >= unit
        let (left, right) = (UInt64(whole) + (carried ? 1 : 0), carried ? 0 : UInt64(fraction))
        let sign = value < 0 && (left > 0 || right > 0) ? "-" : ""
        guard digits > 0 else { return sign + grouped(left) }
        let text = String(right)
        return sign + grouped(left) + "." + String(repeating: "0", count: digits - text.count) + text
    }

    /// A share as a percentage: `12.3 %`, and three significant digits below one per cent, `0.25 %`.
    package static func percent(_ share: Double) -> String {
        let value = share * 100
        return decimal(value, digits: abs(value) < 1 ? 2 : 1) + " %"
    }

    /// Bytes in the binary unit that suits them: `512 B`, `9.7 MiB`, `112 MiB`.
    package static func bytes(_ bytes: some BinaryInteger) -> String {
        (bytes < 0 ? "-" : "") + magnitude(Double(bytes.magnitude))
    }

    /// Bytes that were calculated, as of a slope.
    package static func bytes(_ bytes: Double) -> String { (bytes <= -0.5 ? "-" : "") + magnitude(abs(bytes)) }

    private static func magnitude(_ bytes: Double) -> String {
        var value = bytes
        var unit = "B"
        for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] where value >= 1023.5 {
            value /= 1024
            unit = larger
        }
        let digits = unit == "B" || value >= 99.95 ? 0 : 1
        return decimal(value, digits: digits) + " " + unit
    }

    /// A span of time in the units that keep it short: `850 ns`, `12 µs`, `4.2 ms`, `30.0 s`, `12 min 5 s`, `3 h 2 min`,
    /// `5 d 3 h`.
    package static func duration(nanoseconds: UInt64) -> String {
        let value = Double(nanoseconds)
        let seconds = nanoseconds / 1_000_000_000
        switch nanoseconds {
        case ..<1_000: return "\(nanoseconds) ns"
        case ..<999_500: return decimal(value / 1e3, digits: value < 9_950 ? 1 : 0) + " µs"
        case ..<999_500_000: return decimal(value / 1e6, digits: value < 9_950_000 ? 1 : 0) + " ms"
        case ..<59_950_000_000: return decimal(value / 1e9, digits: 1) + " s"
        case ..<3_600_000_000_000: return joined(seconds / 60, "min", seconds % 60, "s")
        case ..<172_800_000_000_000: return joined(seconds / 3_600, "h", seconds % 3_600 / 60, "min")
        default: return joined(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h")
        }
    }

    /// The same for seconds; `?` for what is not finite, and nothing below 0.
    package static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e10 else { return "?" }
        return duration(nanoseconds: UInt64(max(0, seconds) * 1e9))
    }

    private static func joined(_ large: UInt64, _ unit: String, _ small: UInt64, _ smallUnit: String) -> String {
        let parts = [(large, unit), (small, smallUnit)].filter { $0.0 > 0 }
        return parts.map { "\(grouped($0.0)) \($0.1)" }.joined(separator: " ")
    }
}
