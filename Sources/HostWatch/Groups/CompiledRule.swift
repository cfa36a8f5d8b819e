/// A rule whose expressions are compiled and whose templates are parsed.
struct CompiledRule: Sendable {
    enum Match: Equatable {
        case no
        /// All matches but the resident memory, which must reach so many bytes.
        case tooSmall(UInt64)
        case excluded
        /// `nil`: the templates have no value.
        case group(GroupKey?)
    }

    private let rule: GroupRule
    private let name: GroupName
    private let commandLine: [Pattern]
    private let cgroup: Pattern?
    private let userNumbers: Set<UInt32>

    init(_ rule: GroupRule) throws(GroupRuleError.Reason) {
        self.rule = rule
        var patterns: [Pattern] = []
        for text in rule.commandLine { patterns.append(try Self.pattern(text, "cmdline")) }
        commandLine = patterns
        cgroup = if let text = rule.cgroup { try Self.pattern(text, "cgroup") } else { nil }
        name = try GroupName(rule.name, captures: patterns.flatMap(\.captureNames))
        userNumbers = Set(rule.users.compactMap { UInt32($0) })
    }

    private static func pattern(_ text: String, _ key: String) throws(GroupRuleError.Reason) -> Pattern {
        do {
            return try Pattern(text)
        } catch {
            throw .pattern(key: key, text: text, error)
        }
    }

    /// The name with its templates.
    var writtenName: String { rule.name }

    /// The name if it has no templates and takes processes.
    var fixedName: String? { name.isFixed && !rule.excludes ? rule.name : nil }

    var needs: ProcessFacts.Needs {
        var needs = name.needs
        if !rule.executables.isEmpty { needs.insert(.executable) }
        if !commandLine.isEmpty { needs.insert(.commandLine) }
        if rule.users.contains(where: { UInt32($0) == nil }) { needs.insert(.userName) }
        return needs
    }

    func match(_ facts: ProcessFacts) -> Match {
        guard matchesNames(facts), matchesPlace(facts), let captures = captures(facts) else { return .no }
        if let minimum = rule.minimumResident, facts.resident < minimum { return .tooSmall(minimum) }
        return rule.excludes ? .excluded : .group(key(facts, captures))
    }

    private func key(_ facts: ProcessFacts, _ captures: [String: String]) -> GroupKey? {
        let text = name.text(for: facts, captures: captures)
        return text.isEmpty ? nil : GroupKey(name.isTrusted ? .rule : .template, text)
    }

    private func matchesNames(_ facts: ProcessFacts) -> Bool {
        guard rule.commands.isEmpty || rule.commands.contains(facts.command) else { return false }
        guard !rule.executables.isEmpty else { return true }
        return rule.executables.contains { $0 == ($0.hasPrefix("/") ? facts.executable : facts.executableBase) }
    }

    private func matchesPlace(_ facts: ProcessFacts) -> Bool {
        if !rule.users.isEmpty, !userNumbers.contains(facts.user), !rule.users.contains(facts.userName) { return false }
        if let container = rule.container, facts.cgroup.container?.identifier.hasPrefix(container) != true {
            return false
        }
        return cgroup?.isFound(in: Array(facts.cgroup.path.utf8)) ?? true
    }

    /// The captures of all expressions; `nil` unless all are found.
    private func captures(_ facts: ProcessFacts) -> [String: String]? {
        var all: [String: String] = [:]
        for pattern in commandLine {
            guard let captures = pattern.captures(in: facts.commandLine) else { return nil }
            all.merge(captures) { first, _ in first }
        }
        return all
    }
}
