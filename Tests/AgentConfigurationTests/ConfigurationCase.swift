import AgentConfiguration
import Foundation
import TestSupport

/// Loads a configuration from a text that is called `sonde.yaml`.
func load(
    _ text: String, environment: [String: String] = [:], flags: [ConfigurationFlag] = []
) throws(ConfigurationError) -> LoadedConfiguration {
    try LoadedConfiguration(
        file: ConfigurationFile(path: "sonde.yaml", text: text), environment: environment, flags: flags,
        validateRules: { _ in })
}

/// What is said about a text that has something wrong, a line each.
func complaints(_ text: String, environment: [String: String] = [:]) -> [String] {
    do throws(ConfigurationError) {
        _ = try load(text, environment: environment)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// The documented example.
func exampleText() throws -> String {
    try String(contentsOf: Locations.checkout.appending(path: "tools/config/config.example.yaml"), encoding: .utf8)
}
