/// The rules of a configuration, ready for use.
package struct GroupRules: Sendable {
    private let rules: [CompiledRule]
    /// Which facts the rules compare.
    let needs: ProcessFacts.Needs
    /// The names of the rules that take processes, as they are written.
    let names: Set<String>
    /// Those without templates.
    let fixedNames: Set<String>

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
        fixedNames = Set(compiled.compactMap(\.fixedName))
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
            case .group(let key):
                return GroupDecision(outcome: .group(key, rule: rule.writtenName), growsInto: growsInto)
            }
        }
        return GroupDecision(outcome: .unmatched, growsInto: growsInto)
    }
}

/// What the rules decide for a process.
struct GroupDecision: Equatable {
    enum Outcome: Equatable {
        /// `nil`: the rule's templates have no value for this process, and it has the group that it would have without rules.
        /// `rule` is the rule's name as it is written.
        case group(GroupKey?, rule: String)
        case excluded
        case unmatched
    }

    let outcome: Outcome
    /// The resident bytes from which on a rule matches that was passed over.
    let growsInto: UInt64?
}
