import HostWatch

/// Whether rules can be used.
enum RuleCheck {
    /// Throws what is wrong with the first that can't, without its place in the list.
    static func validate(_ rules: [GroupRule]) throws {
        do throws(GroupRuleError) {
            _ = try GroupRules(compiling: rules)
        } catch {
            throw error.reason
        }
    }
}
