import ProfileModel

/// A group's name, as a list of texts and templates.
struct GroupName: Sendable {
    private enum Part: Sendable {
        case text(String)
        case command, executableBase, executable, userName, process, cgroup, unit, container
        case capture(String)
    }

    /// Longer names are cut, in UTF-8 bytes; command lines that captures copy can have megabytes.
    private static let longest = 200

    private let parts: [Part]

    /// `captures` are the names that `{{.Matches.NAME}}` may use.
    init(_ text: String, captures: [String]) throws(GroupRuleError.Reason) {
        var parts: [Part] = []
        var rest = text[...]
        while let opening = rest.firstRange(of: "{{") {
            if opening.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<opening.lowerBound]))) }
            guard let closing = rest[opening.upperBound...].firstRange(of: "}}") else { throw .openTemplate }
            parts.append(try Self.part(rest[opening.upperBound..<closing.lowerBound], captures))
            rest = rest[closing.upperBound...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        guard !parts.isEmpty else { throw .noName }
        self.parts = parts
    }

    private static func part(
        _ template: Substring, _ captures: [String]
    ) throws(GroupRuleError.Reason) -> Part {
        let name = template.filter { $0 != " " }
        switch name {
        case ".Comm": return .command
        case ".ExeBase": return .executableBase
        case ".ExeFull": return .executable
        case ".Username": return .userName
        case ".PID": return .process
        case ".Cgroup": return .cgroup
        case ".Unit": return .unit
        case ".Container": return .container
        default: break
        }
        guard name.hasPrefix(".Matches.") else { throw .unknownTemplate("{{\(name)}}") }
        let capture = String(name.dropFirst(".Matches.".count))
        guard captures.contains(capture) else { throw .unknownCapture(capture) }
        return .capture(capture)
    }

    /// Whether it has no templates.
    var isFixed: Bool {
        parts.allSatisfy { if case .text = $0 { true } else { false } }
    }

    /// Whether no process can choose what it is: no template stands for what a process says of itself, or for a path that its
    /// user made.
    var isTrusted: Bool {
        parts.allSatisfy { part in
            switch part {
            case .text, .userName, .process, .unit, .container: true
            case .command, .executableBase, .executable, .cgroup, .capture: false
            }
        }
    }

    var needs: ProcessFacts.Needs {
        var needs: ProcessFacts.Needs = []
        for part in parts {
            switch part {
            case .executable, .executableBase: needs.insert(.executable)
            case .userName: needs.insert(.userName)
            case .capture: needs.insert(.commandLine)
            case .text, .command, .process, .cgroup, .unit, .container: break
            }
        }
        return needs
    }

    /// Empty when nothing but templates without a value make it up.
    func text(for facts: ProcessFacts, captures: [String: String]) -> String {
        Self.bounded(parts.map { Self.text($0, facts, captures) }.joined())
    }

    private static func text(_ part: Part, _ facts: ProcessFacts, _ captures: [String: String]) -> String {
        switch part {
        case .text(let text): text
        case .command: facts.command
        case .executableBase: facts.executableBase
        case .executable: facts.executable
        case .userName: facts.userName
        case .process: facts.process.description
        case .cgroup: facts.cgroup.path
        case .unit: facts.cgroup.unit ?? ""
        case .container: facts.cgroup.container?.short ?? ""
        case .capture(let name): captures[name] ?? ""
        }
    }

    static func bounded(_ name: String) -> String {
        guard name.utf8.count > longest else { return name }
        var result = String.UnicodeScalarView()
        var length = 0
        for scalar in name.unicodeScalars {
            length += UTF8.width(scalar)
            guard length <= longest else { break }
            result.append(scalar)
        }
        return String(result)
    }
}
