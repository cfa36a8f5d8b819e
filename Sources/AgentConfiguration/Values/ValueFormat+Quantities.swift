internal import SystemSupport

extension ValueFormat<Double> {
    /// Seconds.
    static func duration(_ range: ClosedRange<Double>) -> ValueFormat {
        ValueFormat(
            "a duration from \(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound)), "
                + "such as 5s or 1h30m",
            parse: { text in DurationText.seconds(text).flatMap { range.contains($0) ? $0 : nil } },
            text: DurationText.text)
    }

    /// A share of 1.
    static func share(_ range: ClosedRange<Double> = 0...1) -> ValueFormat {
        ValueFormat(
            "a share from \(ShareText.text(range.lowerBound)) to \(ShareText.text(range.upperBound)), such as 80% or 0.8",
            parse: { text in ShareText.share(text).flatMap { range.contains($0) ? $0 : nil } }, text: ShareText.text)
    }

    static func number(_ range: ClosedRange<Double>) -> ValueFormat {
        ValueFormat(
            "a number from \(plainText(range.lowerBound)) to \(plainText(range.upperBound))",
            parse: { text in DecimalNumber.value(text).flatMap { range.contains($0) ? $0 : nil } },
            text: plainText)
    }
}

extension ValueFormat<UInt64> {
    /// Bytes.
    static func size(_ range: ClosedRange<UInt64>) -> ValueFormat {
        ValueFormat(
            "a size from \(SizeText.text(range.lowerBound)) to \(SizeText.text(range.upperBound)), such as 64MiB",
            parse: { text in SizeText.bytes(text).flatMap { range.contains($0) ? $0 : nil } }, text: SizeText.text)
    }
}

extension ValueFormat<Int> {
    /// Bytes.
    static func size(_ range: ClosedRange<UInt64>) -> ValueFormat {
        let format = ValueFormat<UInt64>.size(range)
        return ValueFormat(
            format.expectation, parse: { format.parse($0).flatMap { Int(exactly: $0) } },
            text: { format.text(UInt64(clamping: $0)) })
    }
}

/// Without `.0` at the end of a whole number.
private func plainText(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }

/// Sizes such as `64MiB`, `512k` or plain bytes; a single letter counts by 1024, `kB` and its like by 1000.
enum SizeText {
    private static let units: [String: UInt64] = [
        "": 1, "B": 1, "k": 1 << 10, "K": 1 << 10, "KiB": 1 << 10, "M": 1 << 20, "MiB": 1 << 20, "G": 1 << 30,
        "GiB": 1 << 30, "T": 1 << 40, "TiB": 1 << 40, "kB": 1000, "KB": 1000, "MB": 1_000_000,
        "GB": 1_000_000_000, "TB": 1_000_000_000_000,
    ]

    static func bytes(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let unit = units[String(text.dropFirst(digits.count))], let number = DecimalNumber.value(digits) else {
            return nil
        }
        return UInt64(exactly: (number * Double(unit)).rounded())
    }

    static func text(_ bytes: UInt64) -> String {
        for (shift, name) in [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")] as [(UInt64, String)]
        where bytes != 0 && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(name)"
        }
        return "\(bytes)"
    }
}

/// Shares such as `80%` or `0.8`.
enum ShareText {
    static func share(_ text: String) -> Double? {
        guard text.hasSuffix("%") else { return DecimalNumber.value(text) }
        // Not by division, which gives another number than 0.999 for 99.9%.
        return DecimalNumber.value(text.dropLast()).flatMap { _ in Double("\(text.dropLast())e-2") }
    }

    static func text(_ share: Double) -> String {
        let percent = plainText((share * 1000).rounded() / 10) + "%"
        return self.share(percent) == share ? percent : "\(share)"
    }
}
