import SystemSupport

/// What a box may show of a function's name: as much as fits, and the method before all else.
struct LabelSpellings {
    let name: String
    /// Without the arguments of templates and of the function: `a::b<c>::d(int)` as `a::b::d`.
    let withoutArguments: String
    /// The last part of that: `d`.
    let method: String

    /// - Parameter name: printable text.
    init(_ name: String) {
        self.name = name
        let shortened = name.utf8.contains(where: Self.isOpening) ? NameScanner(name).withoutArguments : name
        withoutArguments = shortened.isEmpty ? name : shortened
        method = Self.lastPart(of: withoutArguments)
    }

    /// What fits in so many columns; the beginning of the method where not even that fits.
    func fitted(to columns: Int) -> String {
        for spelling in [name, withoutArguments, method] where TextColumns.count(of: spelling) <= columns {
            return spelling
        }
        return TextColumns.clipped(method, to: columns)
    }

    private static func isOpening(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "<") || byte == UInt8(ascii: "(") }

    /// What is behind the last `::`, or the last `/` of a Go package's path.
    private static func lastPart(of name: String) -> String {
        let scalars = Array(name.unicodeScalars)
        let end = scalars.indices.last { index in
            scalars[index] == "/" || (scalars[index] == ":" && index > 0 && scalars[index - 1] == ":")
        }
        guard let end, end + 1 < scalars.count, scalars.first != "[" else { return name }
        return String(String.UnicodeScalarView(scalars[(end + 1)...]))
    }
}

/// Takes the arguments out of a name of C++, Rust, Swift or Go.
private struct NameScanner {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var kept = String.UnicodeScalarView()
    /// The brackets that are open.
    private var open: [Unicode.Scalar] = []

    init(_ name: String) { scalars = Array(name.unicodeScalars) }

    /// The name itself where brackets don't match.
    var withoutArguments: String {
        var scanner = self
        while scanner.position < scanner.scalars.count { scanner.step() }
        let whole = String(String.UnicodeScalarView(scalars))
        return scanner.open.isEmpty ? Self.tidied(String(scanner.kept)) : whole
    }

    private mutating func step() {
        let scalar = scalars[position]
        if open.isEmpty, keepOperator() { return }
        position += 1
        switch scalar {
        case "<": open.append(scalar)
        case "(" where !open.isEmpty || kept.last != ".": open.append(scalar)
        case ">" where open.last == "<" && !isArrow(position - 1): open.removeLast()
        case ")" where open.last == "(": open.removeLast()
        default: if open.isEmpty { kept.append(scalar) }
        }
    }

    /// The `>` of `->` closes nothing.
    private func isArrow(_ index: Int) -> Bool { index > 0 && scalars[index - 1] == "-" }

    /// Keeps `operator<`, `operator()` and the like, whose signs are no brackets.
    private mutating func keepOperator() -> Bool {
        let isInWord = kept.last.map { $0.properties.isAlphabetic || $0 == "_" } ?? false
        guard !isInWord, scalars[position...].starts(with: Self.word) else { return false }
        let rest = scalars[(position + Self.word.count)...]
        let sign = Self.signs.first { rest.starts(with: $0) } ?? []
        kept.append(contentsOf: Self.word + sign)
        position += Self.word.count + sign.count
        return true
    }

    private static let word = Array("operator".unicodeScalars)
    /// Those with brackets, the longest of each beginning first.
    private static let signs = ["()", "<<=", ">>=", "<=>", "->*", "<<", ">>", "<=", ">=", "->", "<", ">"]
        .map { Array($0.unicodeScalars) }

    /// Without what an omitted part leaves behind: `::::`, a leading `::`, a trailing `const`.
    private static func tidied(_ name: String) -> String {
        let parts = name.split(separator: "::", omittingEmptySubsequences: true)
        var tidy = parts.joined(separator: "::")
        for ending in [" const", " &", " &&"] where tidy.hasSuffix(ending) { tidy.removeLast(ending.count) }
        while tidy.last == " " { tidy.removeLast() }
        return tidy
    }
}
