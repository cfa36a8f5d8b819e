import ProcFS
import ProfileModel

/// Finds the group of a process: once when it is first seen, and again when it has executed another program.
struct ProcessClassifier {
    /// Of a command line, the bytes that expressions see; Java's class paths go on for many kilobytes.
    private static let longestCommandLine = 16 * 1024

    private let rules: GroupRules
    private let childrenInherit: Bool
    private let watchesUnmatched: Bool
    private var users = UserNames()
    private var buffer: [UInt8] = []

    init(_ settings: HostWatchSettings) throws(GroupRuleError) {
        rules = try GroupRules(compiling: settings.rules)
        childrenInherit = settings.childrenInherit
        watchesUnmatched = settings.watchesUnmatched
    }

    /// `parent` is the watched parent, if there is one.
    mutating func classify(
        _ process: WatchedProcess, parent: WatchedProcess?, in directory: borrowing ProcessDirectory,
        ledger: inout GroupLedger
    ) {
        let facts = facts(of: process, in: directory)
        let decision = rules.decision(for: facts)
        process.growsInto = decision.growsInto
        switch decision.outcome {
        case .excluded: process.membership = .unwatched
        case .group(let name): process.membership = .byRule(ledger.group(named: named(name, facts)))
        case .unmatched:
            process.membership =
                inherited(process, from: parent)
                ?? (watchesUnmatched
                    ? .byDefault(ledger.group(named: GroupName.bounded(Self.defaultName(facts)))) : .unwatched)
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

    /// What a process has inherited it keeps when its parent goes.
    private func inherited(_ process: WatchedProcess, from parent: WatchedProcess?) -> Membership? {
        guard childrenInherit else { return nil }
        switch parent?.membership {
        case .byRule(let group), .inherited(let group): return .inherited(group)
        case .byDefault, .unclassified, .unwatched, nil: break
        }
        if case .inherited = process.membership { return process.membership }
        return nil
    }

    private mutating func facts(
        of process: WatchedProcess, in directory: borrowing ProcessDirectory
    ) -> ProcessFacts {
        var facts = ProcessFacts(process: process.identity.process, command: process.stat.command)
        facts.user = process.user
        facts.cgroup = process.cgroup.name
        facts.resident = process.resident
        if rules.needs.contains(.userName) { facts.userName = users.name(of: process.user) }
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
