internal import Glibc

/// Patterns of names, as people write the same name in many ways: case makes no difference, and `-` is the same as `_`.
package struct NamePatterns: Sendable {
    private let patterns: [String]

    /// - Parameter patterns: of `*`, `?` and `[…]`: fnmatch(3).
    package init(_ patterns: [String]) { self.patterns = patterns.map(Self.normalized) }

    package func match(_ name: String) -> Bool {
        if patterns.isEmpty { return false }
        let name = Self.normalized(name)
        return patterns.contains { unsafe fnmatch($0, name, 0) == 0 }
    }

    private static func normalized(_ text: String) -> String {
        String(text.lowercased().map { $0 == "-" ? "_" : $0 })
    }
}
