/// A regular expression in RE2's syntax, which takes time linear in the text whatever the text says.
///
/// Texts come from processes that nobody trusts, so nothing that backtracks will do.
package struct Pattern: Sendable {
    package let captureNames: [String]
    private let program: PatternProgram

    package init(_ text: String) throws(PatternError) {
        var parser = PatternParser(text)
        program = try PatternProgram(try parser.parse())
        captureNames = parser.captureNames
    }

    /// Whether it is found anywhere in a text of Unicode scalars.
    package func isFound(in text: [UInt32]) -> Bool {
        var machine = PatternMachine(program, captureCount: 0)
        return machine.match(in: text) != nil
    }

    /// The named captures of the first match, without those that took no part; `nil` when it isn't found.
    package func captures(in text: [UInt32]) -> [String: String]? {
        var machine = PatternMachine(program, captureCount: captureNames.count)
        guard let slots = machine.match(in: text) else { return nil }
        var captures: [String: String] = [:]
        for (index, name) in captureNames.enumerated() {
            let (start, end) = (slots[2 * index], slots[2 * index + 1])
            guard start >= 0, end >= start else { continue }
            captures[name] = String(scalars: text[start..<end])
        }
        return captures
    }
}

extension String {
    init(scalars: ArraySlice<UInt32>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars.compactMap(Unicode.Scalar.init))
        self.init(view)
    }
}
