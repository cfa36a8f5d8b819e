import AgentConfiguration

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
