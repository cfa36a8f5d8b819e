internal import HostWatch

/// What differs between two configurations.
///
/// A reload that would change what needs a restart is refused as a whole: what is in force is always what one file said.
package struct ConfigurationChange: Equatable, Sendable {
    /// Keys with another value, in the order in which a configuration is shown.
    package let changed: [String]
    /// Those of them that can't be changed while the agent runs.
    package let needingRestart: [String]

    package init(from old: AgentConfiguration, to new: AgentConfiguration) {
        let fields = ConfigurationSchema.fields.filter { $0.value(old) != $0.value(new) }
        var keys = fields.map(\.key)
        if old.watch.rules != new.watch.rules { keys.append(ConfigurationSchema.records.groups.key) }
        if old.watch.pools != new.watch.pools { keys.append(ConfigurationSchema.records.pools.key) }
        changed = keys
        needingRestart = fields.filter(\.needsRestart).map(\.key)
    }

    /// Why a running agent can't take it, and what to do; `nil` where it can.
    package var refusal: String? {
        guard !needingRestart.isEmpty else { return nil }
        let keys = needingRestart.map { "`\($0)`" }.joined(separator: ", ")
        return "\(keys) can't be changed while the agent runs, so nothing of the new configuration is in force: "
            + "restart the agent, or put the old value back and reload"
    }
}
