package import AgentConfiguration

/// Why the server can't listen.
package enum WebServerError: Error, Equatable, CustomStringConvertible {
    case invalidAddress(String)
    /// Another program, or another agent, listens there.
    case addressInUse(ListenAddress)
    case notPermitted(ListenAddress)
    /// The address is not one of this host, or the name is not known.
    case unknownAddress(ListenAddress, reason: String)
    /// Something that is not a socket is at the path.
    case notASocket(path: String)
    case cannotListen(ListenAddress, reason: String)

    package var description: String {
        switch self {
        case .invalidAddress(let text):
            "can't listen at \"\(text)\": give HOST:PORT, :PORT, [IPV6]:PORT or unix:/PATH"
        case .addressInUse(let address): "can't listen at \(address): it is in use. \(Self.remedy(address))"
        case .notPermitted(let address):
            "can't listen at \(address): permission denied. Ports below 1024 need CAP_NET_BIND_SERVICE, "
                + "a socket a directory that can be written: choose another --web.listen-address"
        case .unknownAddress(let address, let reason):
            "can't listen at \(address): \(reason). `ip address` shows the addresses of this host"
        case .notASocket(let path):
            "can't listen at unix:\(path): a file that is not a socket is there. Remove it, or choose another path"
        case .cannotListen(let address, let reason): "can't listen at \(address): \(reason)"
        }
    }

    private static func remedy(_ address: ListenAddress) -> String {
        switch address {
        case .host(_, let port), .any(let port):
            "`ss -ltnp 'sport = :\(port)'` shows by whom; stop that, or choose another --web.listen-address"
        case .unix(let path):
            "`ss -lxp src \(path)` shows by whom; stop that, or choose another --web.listen-address"
        }
    }
}
