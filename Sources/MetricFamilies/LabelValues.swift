import ProcFS
import SystemSupport

/// How label values are spelled in one exposition: printable, bounded, and different where they are different.
///
/// A spelling depends on the value alone, so a series keeps its labels from scrape to scrape; only values made to look
/// like another's spelling depend on which of them comes first.
struct LabelValues {
    /// A longer value is cut; the hash of the whole value after the cut keeps it apart from others with its beginning.
    static let maximumBytes = 200

    /// By the values' bytes: two strings that Unicode holds equal are two values here.
    private var spellings: [[UInt8]: String] = [:]
    private var taken: Set<[UInt8]> = []

    /// For values that are not plain.
    mutating func spelling(of value: String) -> String.UTF8View {
        let key = Array(value.utf8)
        if let known = spellings[key] { return known.utf8 }
        var spelling = Self.printed(value)
        var attempt: UInt64 = 0
        while !taken.insert(Array(spelling.utf8)).inserted {
            spelling = Self.cut(spelling, hash: FNV1a.hash(key, seed: attempt))
            attempt += 1
        }
        spellings[key] = spelling
        return spelling.utf8
    }

    /// Whether it is short ASCII that is spelled and escaped as it is; none of those looks like a changed value, which
    /// has a backslash or an ellipsis.
    static func isPlain(_ value: String) -> Bool {
        value.utf8.count <= maximumBytes
            && value.utf8.allSatisfy { 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"") }
    }

    private static func printed(_ value: String) -> String {
        // A scalar has a byte at least, so the rest is not needed to know that it is too long.
        let text = printable(String(value.unicodeScalars.prefix(maximumBytes + 1)))
        guard value.utf8.count > maximumBytes || text.utf8.count > maximumBytes else { return text }
        return cut(text, hash: FNV1a.hash(value.utf8))
    }

    /// The beginning of `text` with an ellipsis and the hash, together no longer than a value may be.
    private static func cut(_ text: String, hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        let ending = "…" + String(repeating: "0", count: 16 - digits.count) + digits
        var room = maximumBytes - ending.utf8.count
        let kept = text.unicodeScalars.prefix { scalar in
            room -= UTF8.width(scalar)
            return room >= 0
        }
        return String(kept) + ending
    }
}
