/// Where the server listens.
package enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets; port 0 is any free one.
    case host(String, port: UInt16)
    /// All addresses of the host.
    case any(port: UInt16)
    case unix(path: String)

    /// Parses `HOST:PORT`, `:PORT`, `[IPv6]:PORT` or `unix:PATH`.
    package init(_ text: String) throws(WebServerError) {
        if text.hasPrefix("unix:") {
            self = .unix(path: try Self.path(String(text.dropFirst(5)), in: text))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            throw .invalidAddress(text, reason: "a port of 0 to 65535 is missing after the last colon")
        }
        let host = text[..<colon]
        if host.isEmpty {
            self = .any(port: port)
        } else if host.hasPrefix("[") && host.hasSuffix("]") && host.contains(":") {
            self = .host(String(host.dropFirst().dropLast()), port: port)
        } else if host.contains(where: { ":[]/ ".contains($0) }) {
            throw .invalidAddress(text, reason: "an IPv6 address has to be in brackets, as in [::1]:9797")
        } else {
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

    private static func port(_ text: Substring) -> UInt16? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt16(text) : nil
    }

    /// `sockaddr_un.sun_path` has 108 bytes, the terminator among them: unix(7).
    private static func path(_ path: String, in text: String) throws(WebServerError) -> String {
        guard path.hasPrefix("/") else { throw .invalidAddress(text, reason: "the socket's path has to be absolute") }
        guard path.utf8.count < 108, !path.utf8.contains(0) else {
            throw .invalidAddress(text, reason: "the socket's path has to be shorter than 108 bytes")
        }
        return path
    }
}
