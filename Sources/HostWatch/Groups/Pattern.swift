import CRe2

/// A regular expression in RE2's syntax, which takes time linear in the text whatever the text says.
///
/// Texts come from processes that aren't trusted, so nothing that backtracks will do.
@safe package final class Pattern: Sendable {
    /// Of each capture from the first, `nil` for one without a name.
    private let names: [String?]
    // Safe: it is never changed, and RE2 matches in several threads at once.
    private nonisolated(unsafe) let compiled: OpaquePointer

    package init(_ text: String) throws(PatternError) {
        var reason = [CChar](repeating: 0, count: 200)
        // Safe: text and reason outlive the call, which terminates the reason.
        guard let compiled = unsafe cre2_compile(text, text.utf8.count, &reason, reason.count) else {
            throw PatternError(
                reason: String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        unsafe self.compiled = compiled
        let count = unsafe cre2_capture_count(compiled)
        names = (0..<count).map { index in
            // Safe: the name is terminated, and lives as long as the pattern.
            unsafe cre2_capture_name(compiled, index + 1).map { unsafe String(cString: $0) }
        }
    }

    // Safe: it is freed once.
    deinit { unsafe cre2_free(compiled) }

    package var captureNames: [String] { names.compactMap { $0 } }

    /// Whether it is found anywhere in a text of UTF-8.
    package func isFound(in text: [UInt8]) -> Bool { ranges(in: text, count: 0) != nil }

    /// The named captures of the first match, without those that took no part; `nil` when it isn't found.
    package func captures(in text: [UInt8]) -> [String: String]? {
        guard let ranges = ranges(in: text, count: names.count + 1) else { return nil }
        var captures: [String: String] = [:]
        for (index, name) in names.enumerated() {
            guard let name, let range = ranges[index + 1] else { continue }
            captures[name] = String(decoding: text[range], as: UTF8.self)
        }
        return captures
    }

    /// Of the whole match and the captures, of the first `count` of them.
    private func ranges(in text: [UInt8], count: Int) -> [Range<Int>?]? {
        var bounds = [Int64](repeating: -1, count: 2 * count)
        let isFound = unsafe text.withUnsafeBytes { bytes in
            // Safe: the text outlives the call, and bounds has room for as many ranges.
            unsafe cre2_match(
                compiled, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, &bounds, Int32(count))
        }
        guard isFound != 0 else { return nil }
        return (0..<count).map { index in
            let (start, end) = (Int(bounds[2 * index]), Int(bounds[2 * index + 1]))
            return start >= 0 && start <= end && end <= text.count ? start..<end : nil
        }
    }
}

/// Why a regular expression can't be used.
package struct PatternError: Error, Equatable, Sendable {
    /// RE2's words.
    package let reason: String
}

extension PatternError: CustomStringConvertible {
    package var description: String { reason + remedy }

    private var remedy: String {
        if reason.contains("(?<") { return "; write (?P<NAME>…) for a named capture" }
        if reason.contains("(?") { return "; (?:…), (?P<NAME>…), (?i), (?s) and (?m) are offered" }
        return reason.contains("escape") ? "; back-references are not offered" : ""
    }
}
