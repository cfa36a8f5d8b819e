import Glibc

/// Numbers as people read them, the same in every locale.
enum NumberText {
    /// `1234567` as `1,234,567`.
    static func grouped(_ value: some BinaryInteger) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// A number with a fixed count of digits after the point.
    static func decimal(_ value: Double, digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "?" }
        let scale = pow(10, Double(digits))
        let scaled = Int((abs(value) * scale).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return sign + grouped(scaled) }
        let unit = Int(scale)
        let fraction = String(scaled % unit)
        return sign + grouped(scaled / unit) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// A share as a percentage: three significant digits below one per cent.
    static func percent(_ share: Double) -> String {
        let value = share * 100
        return decimal(value, digits: value < 1 ? 2 : 1) + " %"
    }

    /// Nanoseconds in the unit that suits them.
    static func duration(nanoseconds: UInt64) -> String {
        let value = Double(nanoseconds)
        switch value {
        case ..<1e3: return "\(nanoseconds) ns"
        case ..<1e6: return decimal(value / 1e3, digits: value < 1e4 ? 1 : 0) + " µs"
        case ..<1e9: return decimal(value / 1e6, digits: value < 1e7 ? 1 : 0) + " ms"
        default: return decimal(value / 1e9, digits: 1) + " s"
        }
    }

    /// Bytes in the binary unit that suits them: `512 B`, `9.7 MiB`, `112 MiB`.
    static func bytes(_ bytes: some BinaryInteger) -> String {
        var value = Double(bytes.magnitude)
        var unit = "B"
        for larger in ["KiB", "MiB", "GiB", "TiB"] where value >= 1023.5 {
            value /= 1024
            unit = larger
        }
        let digits = unit == "B" || value >= 99.95 ? 0 : 1
        return (bytes < 0 ? "-" : "") + decimal(value, digits: digits) + " " + unit
    }

    static func count(_ number: Int, _ noun: String) -> String {
        "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }
}
