/// A symbol's name as the linker knows it, and the language whose mangling it has.
package struct MangledName {
    package enum Scheme {
        case itanium, rust, swift, none
    }

    /// Without what compilers and linkers appended.
    package let base: Substring
    package let scheme: Scheme
    /// What a compiler appended for a part or a variant of a function, such as `.constprop.0`; often empty.
    private let variant: Substring
    /// Whether it is the entry of the procedure linkage table that leads to the function.
    private let isLinkage: Bool

    package init(_ name: String) {
        isLinkage = name.hasSuffix(Self.linkageMark)
        let full = isLinkage ? name.dropLast(Self.linkageMark.count) : name[...]
        scheme = Self.scheme(of: full)
        let end = Self.startOfVariant(in: full, scheme) ?? full.endIndex
        base = full[..<end]
        variant = full[end...]
    }

    /// What readers see after the name: `.part.0` as ` [clone .part.0]`, like c++filt; nothing for the function itself, as it
    /// was compiled.
    package var suffix: String {
        let variant = Self.distinguishing(variant)
        return (variant.isEmpty ? "" : " [clone \(variant)]") + (isLinkage ? Self.linkageMark : "")
    }

    private static let linkageMark = "@plt"

    /// Mangled names are printable; only C++ identifiers may go beyond ASCII.
    private static func scheme(of name: Substring) -> Scheme {
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return .none }
        if name.hasPrefix("_Z") { return endOfLegacyRust(name) == nil ? .itanium : .rust }
        guard name.utf8.allSatisfy({ $0 < 0x7f }) else { return .none }
        if name.hasPrefix("_R") { return .rust }
        return swiftPrefixes.contains(where: { name.hasPrefix($0) }) ? .swift : .none
    }

    /// Where a name in Rust's first mangling ends, which is C++'s with a hash as the last part: `17h`, 16 hexadecimal
    /// digits, `E`; then there is nothing, or what the compiler appended.
    private static func endOfLegacyRust(_ name: Substring) -> Substring.Index? {
        let bytes = name.utf8
        // Its names contain dots, so that the last hash counts.
        var end = bytes.endIndex
        while let last = bytes[..<end].lastIndex(of: UInt8(ascii: "E")) {
            let next = bytes.index(after: last)
            if next == bytes.endIndex || bytes[next] == UInt8(ascii: "."), isLegacyRustHash(bytes[..<last].suffix(19)) {
                return next
            }
            end = last
        }
        return nil
    }

    private static func isLegacyRustHash(_ text: Substring.UTF8View.SubSequence) -> Bool {
        text.count == 19 && text.starts(with: "17h".utf8)
            && text.dropFirst(3).allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }

    /// In a mangled name, what follows the first dot: none of the manglings writes one but Rust's first.
    private static func startOfVariant(in name: Substring, _ scheme: Scheme) -> Substring.Index? {
        switch scheme {
        case .none: startOfVariant(inPlain: name)
        case .rust: endOfLegacyRust(name) ?? name.firstIndex(of: ".")
        case .itanium, .swift: name.firstIndex(of: ".")
        }
    }

    /// The first dot after which all parts are words that compilers append, or numbers.
    ///
    /// Other dots belong to the name: Go's `main.(*Server).Serve`.
    private static func startOfVariant(inPlain name: Substring) -> Substring.Index? {
        var start: Substring.Index?
        for dot in name.indices where name[dot] == "." && dot != name.startIndex {
            let part = name[name.index(after: dot)...].prefix { $0 != "." }
            if variantWords.contains(part) {
                start = start ?? dot
            } else if start != nil, isNumber(part) {
                continue
            } else {
                start = nil
            }
        }
        return start
    }

    /// Without what doesn't distinguish functions: a function's cold part, its only copy with constant or fewer arguments,
    /// and what keeps equal names of different files apart (`.llvm.123`, `.__uniq.123`).
    private static func distinguishing(_ variant: Substring) -> String {
        var kept: [Substring] = []
        let parts = variant.split(separator: ".", omittingEmptySubsequences: false)
        var index = 0
        while index < parts.count {
            let isNumbered = index + 1 < parts.count && isNumber(parts[index + 1])
            if sameFunctionWords.contains(parts[index]) {
                index += isNumbered ? 2 : 1
            } else {
                kept.append(parts[index])
                index += 1
            }
        }
        return kept.joined(separator: ".")
    }

    private static func isNumber(_ part: Substring) -> Bool {
        !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static let swiftPrefixes = ["$s", "$S", "_$s", "_$S", "_T0", "$e"]

    /// A function is where these are; a part (`.part.0`) is another one, which it calls.
    private static let sameFunctionWords: Set<Substring> = [
        "constprop", "isra", "cold", "lto_priv", "localalias", "warm", "hot", "split", "llvm", "__uniq",
    ]

    private static let variantWords: Set<Substring> = [
        "constprop", "isra", "part", "cold", "lto_priv", "llvm", "resume", "destroy", "cleanup", "clone", "localalias",
        "specialized", "_omp_fn", "_omp_cpyfn", "omp_outlined", "omp_outlined_debug__", "actor", "warm", "hot", "split",
        "__uniq",
    ]
}
