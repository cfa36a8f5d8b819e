import ProcFS
import ProfileModel

/// Finds the group of a process: once when it is first seen, and again when it has executed another program.
struct ProcessClassifier {
    private let rules: GroupRules
    private let childrenInherit: Bool
    private let watchesUnmatched: Bool
    private let users: UserNames
    private let commandLines: CommandLineReader

    init(
        _ settings: HostWatchSettings, users: UserNames, commandLines: CommandLineReader
    ) throws(GroupRuleError) {
        rules = try GroupRules(compiling: settings.rules)
        childrenInherit = settings.childrenInherit
        watchesUnmatched = settings.watchesUnmatched
        self.users = users
        self.commandLines = commandLines
    }

    /// The names of the rules that have no templates.
    var fixedNames: Set<String> { rules.fixedNames }

    /// Whether a process's group depends on the name of its user.
    var needsUserNames: Bool { rules.needs.contains(.userName) }

    /// `parent` is the watched parent, if there is one; `now` is the collection's monotonic time.
    func classify(
        _ process: WatchedProcess, parent: WatchedProcess?, in directory: borrowing ProcessDirectory, at now: Double,
        ledger: inout GroupLedger
    ) {
        let facts = facts(of: process, in: directory, at: now)
        let decision = rules.decision(for: facts)
        process.needsGroup = false
        process.growsInto = decision.growsInto
        switch decision.outcome {
        case .excluded: process.membership = .unwatched
        case .group(let key, let rule):
            process.membership = .byRule(ledger.place(in: key ?? Self.defaultKey(facts)), rule: rule)
        case .unmatched:
            process.membership =
                inherited(process, from: parent)
                ?? (watchesUnmatched ? .byDefault(ledger.place(in: Self.defaultKey(facts))) : .unwatched)
        }
    }

    private static func defaultKey(_ facts: ProcessFacts) -> GroupKey {
        if let key = facts.cgroup.defaultGroup { return key }
        return GroupKey(.command, GroupName.bounded(facts.programName))
    }

    /// What a process has inherited it keeps when its parent goes, for as long as there is a rule of that name.
    private func inherited(_ process: WatchedProcess, from parent: WatchedProcess?) -> Membership? {
        guard childrenInherit else { return nil }
        switch parent?.membership {
        case .byRule(let place, let rule) where rules.names.contains(rule),
            .inherited(let place, let rule) where rules.names.contains(rule):
            return .inherited(place, rule: rule)
        default: break
        }
        if case .inherited(_, let rule) = process.membership, rules.names.contains(rule) { return process.membership }
        return nil
    }

    private func facts(
        of process: WatchedProcess, in directory: borrowing ProcessDirectory, at now: Double
    ) -> ProcessFacts {
        var facts = ProcessFacts(process: process.identity.process, command: process.stat.command)
        facts.user = process.user
        facts.cgroup = process.cgroup.name
        facts.resident = process.resident
        if needsUserNames { facts.userName = users.name(of: process.user, at: now) }
        // Where the cgroup names the group, rules alone ask for more.
        let namesGroup = facts.cgroup.defaultGroup == nil
        if rules.needs.contains(.executable) || namesGroup {
            facts.executable = (try? directory.executable().path) ?? ""
        }
        let needsFirstArgument = rules.needs.contains(.executable) && facts.executable.isEmpty
        guard rules.needs.contains(.commandLine) || needsFirstArgument || (namesGroup && facts.needsArguments) else {
            return facts
        }
        let bytes = commandLines.commandLine(of: process.identity, user: process.user, at: now)
        if needsFirstArgument { facts.executable = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
        facts.arguments = bytes
        return facts
    }
}
