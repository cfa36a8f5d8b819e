/// The rules of a configuration, ready for use.
package struct GroupRules: Sendable {
    private let rules: [CompiledRule]
    /// What any of the rules looks at.
    let needs: ProcessFacts.Needs
    /// The names of the rules that take processes, as they are written.
    let names: Set<String>

    package init(compiling rules: [GroupRule]) throws(GroupRuleError) {
        var compiled: [CompiledRule] = []
        for (index, rule) in rules.enumerated() {
            do {
                compiled.append(try CompiledRule(rule))
            } catch {
                throw GroupRuleError(index: index, name: rule.name, reason: error)
            }
        }
        self.rules = compiled
        needs = compiled.reduce(into: []) { $0.formUnion($1.needs) }
        names = Set(rules.lazy.filter { !$0.excludes }.map(\.name))
    }

    var isEmpty: Bool { rules.isEmpty }

    /// Asks the rules in their order; the first that matches decides.
    func decision(for facts: ProcessFacts) -> GroupDecision {
        var growsInto: UInt64?
        for rule in rules {
            switch rule.match(facts) {
            case .no: continue
            case .tooSmall(let minimum): growsInto = Swift.min(growsInto ?? minimum, minimum)
            case .excluded: return GroupDecision(outcome: .excluded, growsInto: growsInto)
            case .group(let name):
                return GroupDecision(outcome: .group(name, rule: rule.writtenName), growsInto: growsInto)
            }
        }
        return GroupDecision(outcome: .unmatched, growsInto: growsInto)
    }
}

/// What the rules say about a process.
struct GroupDecision: Equatable {
    enum Outcome: Equatable {
        /// `rule` is the rule's name as it is written.
        case group(String, rule: String)
        case excluded
        case unmatched
    }

    let outcome: Outcome
    /// The resident bytes from which on a rule matches that was passed over.
    let growsInto: UInt64?
}
