package import AgentServer
package import AlertDelivery
package import HostWatch

/// Why the agent can't work, or can't take a configuration.
package enum AgentError: Error {
    case watch(HostWatchError)
    case delivery(DeliveryAddressError)
    case web(WebServerError)
    case webConfiguration(WebConfigurationError)
}

extension AgentError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .watch(let error): "\(error)"
        case .delivery(let error): "\(error)"
        case .web(let error): "\(error)"
        case .webConfiguration(let error): "\(error)"
        }
    }
}
