import ProcFS
import ProfileModel

/// Finds the group of a process: once when it is first seen, and again when it has executed another program.
struct ProcessClassifier {
    /// Of a command line, the bytes that expressions see; Java's class paths go on for many kilobytes.
    private static let longestCommandLine = 16 * 1024

    private let rules: GroupRules
    private let childrenInherit: Bool
    private let watchesUnmatched: Bool
    private let users: UserNames
    private var buffer: [UInt8] = []

    init(_ settings: HostWatchSettings, users: UserNames) throws(GroupRuleError) {
        rules = try GroupRules(compiling: settings.rules)
        childrenInherit = settings.childrenInherit
        watchesUnmatched = settings.watchesUnmatched
        self.users = users
    }

    /// Whether the name of its user has a say in a process's group.
    var needsUserNames: Bool { rules.needs.contains(.userName) }

    /// `parent` is the watched parent, if there is one; `now` is the look's monotonic time.
    mutating func classify(
        _ process: WatchedProcess, parent: WatchedProcess?, in directory: borrowing ProcessDirectory, at now: Double,
        ledger: inout GroupLedger
    ) {
        let facts = facts(of: process, in: directory, at: now)
        let decision = rules.decision(for: facts)
        process.needsGroup = false
        process.growsInto = decision.growsInto
        switch decision.outcome {
        case .excluded: process.membership = .unwatched
        case .group(let name, let rule):
            process.membership = .byRule(ledger.place(named: named(name, facts)), rule: rule)
        case .unmatched:
            process.membership =
                inherited(process, from: parent)
                ?? (watchesUnmatched
                    ? .byDefault(ledger.place(named: GroupName.bounded(Self.defaultName(facts)))) : .unwatched)
        }
    }

    /// Rules whose templates all turn out empty leave the name to the default.
    private func named(_ name: String, _ facts: ProcessFacts) -> String {
        name.isEmpty ? GroupName.bounded(Self.defaultName(facts)) : name
    }

    /// The kernel keeps 15 bytes of a name: `TASK_COMM_LEN`, proc_pid_comm(5).
    private static func isCut(_ command: String) -> Bool { command.utf8.count == 15 }

    private static func defaultName(_ facts: ProcessFacts) -> String {
        if let name = facts.cgroup.defaultGroup { return name }
        if facts.executableBase.hasPrefix(facts.command), isCut(facts.command) { return facts.executableBase }
        return facts.command.isEmpty ? "(unnamed)" : facts.command
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

    private mutating func facts(
        of process: WatchedProcess, in directory: borrowing ProcessDirectory, at now: Double
    ) -> ProcessFacts {
        var facts = ProcessFacts(process: process.identity.process, command: process.stat.command)
        facts.user = process.user
        facts.cgroup = process.cgroup.name
        facts.resident = process.resident
        if needsUserNames { facts.userName = users.name(of: process.user, at: now) }
        if !rules.needs.isDisjoint(with: [.commandLine, .executable]) { readCommandLine(&facts, directory) }
        if facts.executable.isEmpty, Self.isCut(facts.command) {
            facts.executable = (try? directory.executable().path) ?? ""
        }
        return facts
    }

    private mutating func readCommandLine(_ facts: inout ProcessFacts, _ directory: borrowing ProcessDirectory) {
        if (try? directory.readUpTo(Self.longestCommandLine, of: "cmdline", into: &buffer)) == nil {
            buffer.removeAll(keepingCapacity: true)
        }
        let first = buffer.firstIndex(of: 0) ?? buffer.count
        facts.executable =
            (try? directory.executable().path) ?? String(decoding: buffer[..<first], as: UTF8.self)
        while buffer.last == 0 { buffer.removeLast() }
        for index in buffer.indices where buffer[index] == 0 { buffer[index] = UInt8(ascii: " ") }
        facts.commandLine = String(decoding: buffer, as: UTF8.self).unicodeScalars.map(\.value)
    }
}
