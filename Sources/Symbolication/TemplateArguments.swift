/// C++ names without long lists of template arguments: `std::map<…>::find`.
enum TemplateArguments {
    /// The name with `<…>` in the place of long argument lists.
    static func shortened(in name: String) -> String {
        var scanner = Scanner(Array(name.utf8))
        return String(decoding: scanner.kept(), as: UTF8.self)
    }

    /// With the brackets.
    private static let longestArguments = 32

    /// Reads a demangled name from left to right.
    private struct Scanner {
        private let bytes: [UInt8]
        private var offset = 0
        /// Whether a `<` was found that nothing closes: the rest is copied, so that the time is linear.
        private var isUnbalanced = false

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func kept() -> [UInt8] {
            var kept: [UInt8] = []
            kept.reserveCapacity(bytes.count)
            while offset < bytes.count {
                if let length = operatorLength() {
                    kept += bytes[offset..<offset + length]
                    offset += length
                } else if !isUnbalanced, bytes[offset] == UInt8(ascii: "<"), let end = endOfArguments() {
                    kept += end - offset > TemplateArguments.longestArguments ? Self.omitted[...] : bytes[offset..<end]
                    offset = end
                } else {
                    kept.append(bytes[offset])
                    offset += 1
                }
            }
            return kept
        }

        private static let word = Array("operator".utf8)
        private static let omitted = Array("<…>".utf8)
        private static let symbols = ["<<=", ">>=", "<=>", "->*", "<<", ">>", "<=", ">=", "->", "<", ">"]
            .map { Array($0.utf8) }

        /// The length of `operator` and its sign, if one with an angle bracket begins here.
        private func operatorLength() -> Int? {
            guard bytes[offset...].starts(with: Self.word), offset == 0 || !isLetter(bytes[offset - 1]) else {
                return nil
            }
            let rest = bytes[(offset + Self.word.count)...]
            return Self.symbols.first { rest.starts(with: $0) }.map { Self.word.count + $0.count }
        }

        /// Behind the `>` that closes the `<` here; `nil` when nothing does.
        private mutating func endOfArguments() -> Int? {
            var (angles, parentheses) = (0, 0)
            for position in offset..<bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "("): parentheses += 1
                case UInt8(ascii: ")"): parentheses -= 1
                // A comparison in an argument stands in parentheses, an arrow's `>` closes nothing.
                case UInt8(ascii: "<") where parentheses == 0: angles += 1
                case UInt8(ascii: ">") where parentheses == 0 && bytes[position - 1] != UInt8(ascii: "-"):
                    angles -= 1
                    if angles == 0 { return position + 1 }
                default: continue
                }
            }
            isUnbalanced = true
            return nil
        }

        private func isLetter(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: byte >= 0x80
            }
        }
    }
}
