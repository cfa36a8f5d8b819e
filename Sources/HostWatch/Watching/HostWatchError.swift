package import ProcFS

/// Why the host can't be watched.
package enum HostWatchError: Error, Equatable, Sendable {
    case rules(GroupRuleError)
    case host(ProcFSError)
}

extension HostWatchError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .rules(let error): "\(error)"
        case .host(let error): "the host can't be measured: \(error); is /proc mounted?"
        }
    }
}
