import AgentConfiguration
import HostWatch

/// The agent's configuration; one without errors is read again as the same from what `--print-config` shows of it.
func fuzzConfiguration(_ bytes: [UInt8]) {
    let file = ConfigurationFile(path: "/fuzzed.yaml", bytes: bytes)
    guard let loaded = load(file) else { return }
    let text = ConfigurationText(loaded.configuration, masksSecrets: false).text
    guard let again = load(ConfigurationFile(path: "/printed.yaml", text: text)) else {
        preconditionFailure("a configuration that was printed is refused:\n\(text)")
    }
    precondition(ConfigurationText(again.configuration, masksSecrets: false).text == text)
}

private func load(_ file: ConfigurationFile) -> LoadedConfiguration? {
    try? LoadedConfiguration(file: file) { rules in _ = try GroupRules(compiling: rules) }
}
