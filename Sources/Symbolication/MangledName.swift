/// A symbol's name as the linker knows it, and the language whose mangling it has.
struct MangledName {
    enum Scheme {
        case itanium, rust, swift, none
    }

    /// Without the compiler's suffix.
    let base: Substring
    let scheme: Scheme
    /// What the compiler appended for a part or a variant of a function, such as `.constprop.0`; often empty.
    let variant: Substring

    init(_ name: String) {
        let dot = Self.startOfVariant(in: name) ?? name.endIndex
        base = name[..<dot]
        variant = name[dot...]
        scheme = Self.scheme(of: base)
    }

    /// Mangled names are printable; only C++ identifiers may go beyond ASCII.
    private static func scheme(of name: Substring) -> Scheme {
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return .none }
        if name.hasPrefix("_Z") { return isLegacyRust(name) ? .rust : .itanium }
        guard name.utf8.allSatisfy({ $0 < 0x7f }) else { return .none }
        if name.hasPrefix("_R") { return .rust }
        return swiftPrefixes.contains(where: { name.hasPrefix($0) }) ? .swift : .none
    }

    /// Rust's first mangling is C++'s with a hash as the last part: `17h`, 16 hexadecimal digits, `E`.
    private static func isLegacyRust(_ name: Substring) -> Bool {
        let tail = name.utf8.suffix(20)
        return tail.count == 20 && tail.starts(with: "17h".utf8) && tail.last == UInt8(ascii: "E")
            && tail.dropFirst(3).dropLast().allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }

    /// The first dot after which all parts are words that compilers append, or numbers.
    ///
    /// Other dots belong to the name: Go's `main.(*Server).Serve`.
    private static func startOfVariant(in name: String) -> String.Index? {
        var start: String.Index?
        for dot in name.indices where name[dot] == "." && dot != name.startIndex {
            let part = name[name.index(after: dot)...].prefix { $0 != "." }
            if variantWords.contains(part) {
                start = start ?? dot
            } else if start != nil, !part.isEmpty, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
                continue
            } else {
                start = nil
            }
        }
        return start
    }

    private static let swiftPrefixes = ["$s", "$S", "_$s", "_$S", "_T0", "$e"]

    private static let variantWords: Set<Substring> = [
        "constprop", "isra", "part", "cold", "lto_priv", "llvm", "resume", "destroy", "cleanup", "clone", "localalias",
        "specialized",
    ]
}
