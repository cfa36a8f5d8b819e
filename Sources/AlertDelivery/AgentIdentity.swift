/// Who sends alerts.
package struct AgentIdentity: Equatable, Sendable {
    /// The host's name.
    package let host: String
    /// Of Sonde.
    package let version: String

    package init(host: String, version: String) {
        self.host = host
        self.version = version
    }
}
