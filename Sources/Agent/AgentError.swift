package import AgentServer
package import AlertDelivery
package import HostWatch
package import SeriesStore

/// Why the agent can't work, or can't take a configuration.
package enum AgentError: Error {
    case watch(HostWatchError)
    case delivery(DeliveryAddressError)
    case web(WebServerError)
    case webConfiguration(WebConfigurationError)
    /// The state directory is not this agent's to use: another one works on it, say.
    case store(SeriesStoreError)
}

extension AgentError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .watch(let error): "\(error)"
        case .delivery(let error): "\(error)"
        case .web(let error): "\(error)"
        case .webConfiguration(let error): "\(error)"
        case .store(let error): "\(error)"
        }
    }
}
