internal import ProcFS
internal import SystemSupport

/// One thing that is wrong with a configuration.
package struct ConfigurationProblem: Error, Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        /// The whole file, or a place in it.
        case file(path: String, TextPosition?)
        case environment(variable: String)
        case flag(name: String)
        /// Nobody set it.
        case defaults
    }

    package enum Fault: Hashable, Sendable {
        /// What can't be read as configuration at all, in words.
        case unreadable(String)
        /// The name to suggest instead, if one is near.
        case unknownKey(suggestion: String?)
        case duplicateKey(firstLine: Int)
        case missingKey
        case wrongValue(found: String, expected: String)
        /// It can be set, and not here, in words.
        case misplaced(String)
        /// It contradicts another setting, in words.
        case contradiction(String)
    }

    package let place: Place
    /// From the root, such as `watch.interval` or `groups[0].name`; empty for the whole.
    package let key: String
    package let fault: Fault

    package init(place: Place, key: String, fault: Fault) {
        self.place = place
        self.key = key
        self.fault = fault
    }
}

/// All that is wrong with a configuration, in the order of its places.
package struct ConfigurationError: Error, Hashable, Sendable {
    package let problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) { self.problems = problems }
}

extension ConfigurationError: CustomStringConvertible {
    private static let mostLines = 100

    /// A line for each problem, of very many the first.
    package var description: String {
        let rest = problems.count - Self.mostLines
        return (problems.prefix(Self.mostLines).map(\.description) + (rest > 0 ? ["and \(rest) more"] : []))
            .joined(separator: "\n")
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// `FILE:LINE:COLUMN: ` and what is wrong, on one line.
    package var description: String { printable("\(place): \(text)") }

    private var text: String {
        switch fault {
        case .unreadable(let cause): cause
        case .unknownKey(let suggestion): "unknown key `\(short(key))`" + Self.hint(suggestion)
        case .duplicateKey(let line): "`\(short(key))` is set twice, first in line \(line)"
        case .missingKey: "`\(short(key))` is missing"
        case .wrongValue(let found, let expected):
            "`\(short(key))` is \(found.isEmpty ? "empty" : short(found)), expected \(expected)"
        case .misplaced(let cause): "`\(short(key))` \(cause)"
        case .contradiction(let cause): "`\(short(key))`: \(cause)"
        }
    }

    private static func hint(_ suggestion: String?) -> String { suggestion.map { ": did you mean `\($0)`?" } ?? "" }

    private func short(_ text: String) -> String { text.count <= 80 ? text : "\(text.prefix(80))…" }
}

extension ConfigurationProblem.Place: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let path, nil): path
        case .file(let path, .some(let position)): "\(path):\(position.line):\(position.column)"
        case .environment(let variable): "environment variable \(variable)"
        case .flag(let name): "option \(name)"
        case .defaults: "configuration"
        }
    }
}
