import ArgumentParser

/// A number of bytes on the command line: `512M`, `2G`, `1073741824`.
struct ByteCount: ExpressibleByArgument {
    let bytes: UInt64

    init?(argument: String) {
        let powers: [Character: Double] = ["K": 0x1p10, "M": 0x1p20, "G": 0x1p30, "T": 0x1p40]
        let text = argument.uppercased()
        let factor = text.last.flatMap { powers[$0] }
        let digits = factor == nil ? Substring(text) : text.dropLast()
        guard digits.allSatisfy({ $0.isNumber || $0 == "." }), let number = Double(digits) else { return nil }
        let value = number * (factor ?? 1)
        guard value >= 1, value < 0x1p63 else { return nil }
        bytes = UInt64(value)
    }
}
