import ArgumentParser

/// A number of bytes on the command line: `512M`, `2G`, `1073741824`.
struct ByteCount: ExpressibleByArgument {
    let bytes: UInt64

    init?(argument: String) {
        let powers: [Character: Double] = ["K": 0x1p10, "M": 0x1p20, "G": 0x1p30, "T": 0x1p40]
        guard let value = suffixed(argument.uppercased(), powers), value >= 1, value < 0x1p63 else { return nil }
        bytes = UInt64(value)
    }
}

/// A span of time on the command line: `90`, `90s`, `15m`, `6h`, `3d`.
struct TimeSpan: ExpressibleByArgument {
    let seconds: Double

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let value = suffixed(argument, units), value > 0, value < 1e12 else { return nil }
        seconds = value
    }
}

/// A finite number times what its last letter stands for.
private func suffixed(_ text: String, _ factors: [Character: Double]) -> Double? {
    let factor = text.last.flatMap { factors[$0] }
    let digits = factor == nil ? Substring(text) : text.dropLast()
    guard digits.allSatisfy({ $0.isNumber || $0 == "." }), let number = Double(digits) else { return nil }
    return number * (factor ?? 1)
}
