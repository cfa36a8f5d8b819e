/// Where alerts go beside the log and the API.
package struct DeliverySettings: Equatable, Sendable {
    /// A file to which each event is appended as a line of JSON; `nil`: the agent's own log tells it alone.
    package var file: String?
    /// `http` or `https` addresses to which each event is posted as JSON.
    package var webhooks: [String] = []
    /// Alertmanagers' base addresses, such as `http://localhost:9093`; each gets all alerts (API v2).
    package var alertmanagers: [String] = []
    /// Labels on all alerts that are sent to Alertmanager.
    package var labels: [String: String] = [:]
    /// Seconds after which a delivery that has got no answer has failed.
    package var timeout: Double = 10
    /// Active alerts are sent to Alertmanager again after this many seconds, since it resolves what it hears no more of.
    package var resendInterval: Double = 60
    /// Events that wait for a destination that is away; older ones are dropped and counted.
    package var queueLimit = 1000

    package init() {}
}
