/// Where the server listens.
package enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets; port 0 is any free one.
    case host(String, port: UInt16)
    /// All addresses of the host.
    case any(port: UInt16)
    case unix(path: String)

    /// `HOST:PORT`, `:PORT`, `[IPV6]:PORT` or `unix:/PATH`; `nil` for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            // sun_path of unix(7) has 108 bytes, with the null at its end.
            guard path.hasPrefix("/"), path.utf8.count < 108, !path.utf8.contains(0) else { return nil }
            self = .unix(path: path)
            return
        }
        guard let (host, port) = HostAndPort.split(text), let port else { return nil }
        if host.hasPrefix("[") {
            let address = host.dropFirst().dropLast()
            guard HostAndPort.isIPv6(address) else { return nil }
            self = .host(String(address), port: port)
        } else if host.isEmpty {
            self = .any(port: port)
        } else {
            guard HostAndPort.isName(host) else { return nil }
            self = .host(String(host), port: port)
        }
    }

    package var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .any(let port): ":\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// `nil` for a socket of the file system.
    package var port: UInt16? {
        switch self {
        case .host(_, let port), .any(let port): port
        case .unix: nil
        }
    }

    /// Whether only this host reaches it; a name other than `localhost` may be any address.
    package var isLocal: Bool {
        switch self {
        case .host(let host, _): host == "localhost" || host == "::1" || Self.isLoopbackIPv4(host)
        case .any: false
        case .unix: true
        }
    }

    private static func isLoopbackIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
