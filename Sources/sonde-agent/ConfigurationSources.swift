import AgentConfiguration
import HostWatch

/// Where the configuration comes from.
struct ConfigurationSources: Sendable {
    /// The file that was named; `nil`: the standard one, if there is one.
    let file: String?
    let environment: [String: String]
    let flags: [ConfigurationFlag]

    /// The file that is read now; `nil` for none.
    var path: String? {
        file ?? ((try? ConfigurationFile.standard()) ?? nil)?.path
    }

    /// Reads all of it anew.
    func load() throws(ConfigurationError) -> LoadedConfiguration {
        let content = if let file { try ConfigurationFile(reading: file) } else { try ConfigurationFile.standard() }
        return try LoadedConfiguration(
            file: content, environment: environment, flags: flags, validateRules: RuleCheck.validate)
    }
}

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
