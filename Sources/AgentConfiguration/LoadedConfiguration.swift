package import HostWatch

/// A configuration that was read without errors: flags over `SONDE_*` environment over file over defaults.
package struct LoadedConfiguration: Sendable {
    package let configuration: AgentConfiguration
    /// What was not understood and doesn't matter for sure.
    package let warnings: [ConfigurationProblem]

    /// Throws all problems of all layers together.
    ///
    /// `validateRules` is called with each rule of `groups` alone, and throws what is wrong with it.
    package init(
        file: ConfigurationFile?, environment: [String: String] = [:], flags: [ConfigurationFlag] = [],
        validateRules: ([GroupRule]) throws -> Void
    ) throws(ConfigurationError) {
        var reading = ConfigurationReading()
        if let file { reading.read(file) }
        reading.read(environment)
        reading.read(flags)
        reading.apply()
        reading.check(validateRules)
        guard reading.problems.isEmpty else { throw ConfigurationError(reading.sortedProblems) }
        configuration = reading.configuration
        warnings = reading.warnings
    }
}
