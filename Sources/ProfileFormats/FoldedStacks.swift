package import Profiles
import SystemSupport

/// Folded (collapsed) stacks: one line per stack, root first, with its count.
///
///     line = frame *(";" frame) SP count LF
///
/// The format of Brendan Gregg's stackcollapse scripts and flamegraph.pl. Counts are samples, or microseconds.
package struct FoldedStacks: Sendable {
    /// One stack and its count.
    package struct Line: Hashable, Sendable {
        /// The frames from the root to the leaf, separated by `;`.
        package let stack: String
        package let count: UInt64
    }

    /// Sorted by the bytes of their stacks, each stack once.
    package let lines: [Line]

    /// The stacks of a profile; those whose text is the same become one line.
    package init(_ profile: Profile, grouping: Grouping) {
        let names = FoldedNames(profile, grouping: grouping)
        let unit = profile.shownSampleType.unit
        var counts: [Spelling: UInt64] = [:]
        for sample in profile.samples {
            let weight = unit.weight(of: profile.shownValue(of: sample))
            if weight > 0 { counts[names.stack(of: sample), default: 0] += weight }
        }
        lines = counts.sorted { $0.key < $1.key }.map { Line(stack: $0.key.text, count: $0.value) }
    }

    /// The lines, each ended by a line feed.
    package var text: String {
        var text = ""
        text.reserveCapacity(lines.reduce(0) { $0 + $1.stack.utf8.count + 21 })
        for line in lines {
            text += line.stack
            text += " \(line.count)\n"
        }
        return text
    }
}

extension Profile {
    /// The name of a Python function with the whole path of its file.
    fileprivate func pythonName(of line: Line) -> String {
        let function = functions[line.function]
        return PythonNames.folded(self[text: function.name], file: function.file.map { self[text: $0] })
    }
}

/// The names that a profile's rows have in folded stacks.
private struct FoldedNames {
    private let profile: Profile
    /// The rows of each location, root first, separated by `;`.
    private let locations: [String]
    /// The same where the location is the leaf.
    private let leaves: [String]
    private let threads: [String]

    init(_ profile: Profile, grouping: Grouping) {
        self.profile = profile
        let rows = profile.locations.rows.map { location in
            zip(location.rows(in: profile), location.lines.reversed()).map { row, line in
                let name = row.kind == .python ? profile.pythonName(of: line) : row.name.text
                return Self.name(name) + Self.suffix(for: row.kind)
            }
        }
        locations = rows.map { $0.joined(separator: ";") }
        leaves = rows.map { ($0.dropLast() + $0.suffix(1).map(Self.guardingCount)).joined(separator: ";") }
        threads = profile.threads.indices.map { thread in
            let name = grouping.rowName(for: profile.thread(at: thread))
            return Self.replacing(" ", with: "_", in: Self.name(name))
        }
    }

    func stack(of sample: Profile.Sample) -> Spelling {
        var rows: [String] = []
        for location in profile.locations(of: sample.stack) {
            rows.append((rows.isEmpty ? leaves : locations)[location.position])
        }
        if let reason = sample.truncation { rows.append(Self.name(profile.truncationRow(reason))) }
        rows.append(threads[sample.thread.position])
        return Spelling(rows.reversed().joined(separator: ";"))
    }

    /// A name of printable scalars on one line: others are removed, as tools that read the format expect.
    private static func name(_ name: String) -> String {
        let visible = replacing(";", with: ":", in: name).unicodeScalars.filter(PrintableText.isPrintable)
        var scalars = PrintableText.escaped(String(visible)).unicodeScalars
        // A leaf's trailing space would make two before the count.
        while scalars.last == " " { scalars.removeLast() }
        return scalars.isEmpty ? "[unknown]" : String(scalars)
    }

    private static func suffix(for kind: CallTree.RowKind) -> String {
        switch kind {
        case .kernel: "_[k]"
        case .inlined: "_[i]"
        case .jit: "_[j]"
        case .group, .native, .python, .unknown, .truncated: ""
        }
    }

    /// A leaf that flamegraph.pl won't take for one with a count: it looks for a count twice, as differential lines
    /// have two, with the pattern `\s+?(\d+(?:\.\d*)?)$`.
    private static func guardingCount(_ leaf: String) -> String {
        guard let space = leaf.unicodeScalars.lastIndex(of: " ") else { return leaf }
        let word = leaf.unicodeScalars[leaf.unicodeScalars.index(after: space)...]
        let parts = word.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, parts.allSatisfy({ $0.allSatisfy(isDigit) }) else { return leaf }
        return String(leaf.unicodeScalars[..<space]) + "_" + String(word)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func replacing(_ old: Unicode.Scalar, with new: Unicode.Scalar, in text: String) -> String {
        guard text.unicodeScalars.contains(old) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == old ? new : $0 }))
    }
}
