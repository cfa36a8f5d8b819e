/// Digits, with a fraction or without: no sign, no exponent, no `inf`.
package enum DecimalNumber {
    package static func value(_ text: some StringProtocol) -> Double? {
        guard !text.isEmpty, text.utf8.count <= 24, text.first != ".", text.last != ".",
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E })
        else { return nil }
        return Double(text)
    }
}

/// Durations such as `1h30m`, `500ms` or plain seconds.
package enum DurationText {
    private static let units: [(name: String, seconds: Double)] = [
        ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1), ("ms", 0.001),
    ]

    /// Numbers with units, the largest first, each at most once.
    package static func seconds(_ text: String) -> Double? {
        if let plain = DecimalNumber.value(text) { return plain }
        var rest = text[...]
        var sum = 0.0
        var previous = Double.infinity
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let name = rest.dropFirst(digits.count).prefix { !$0.isNumber }
            guard let number = DecimalNumber.value(digits),
                let unit = units.first(where: { $0.name == name })?.seconds, unit < previous
            else { return nil }
            sum += unit == 0.001 ? number / 1000 : number * unit
            previous = unit
            rest = rest.dropFirst(digits.count + name.count)
        }
        return previous.isFinite ? sum : nil
    }

    package static func text(_ seconds: Double) -> String {
        guard let whole = Int(exactly: seconds) else {
            return Int(exactly: seconds * 1000).map { "\($0)ms" } ?? "\(seconds)"
        }
        var rest = whole
        var text = ""
        for (name, unit) in units.dropLast() {
            let count = rest / Int(unit)
            if count > 0 { text += "\(count)\(name)" }
            rest %= Int(unit)
        }
        return text.isEmpty ? "0s" : text
    }
}
