import Glibc
import NIOCore

/// Whom requests and connections are counted for: an IPv4 address, or the IPv6 network of 64 bits that one host may have.
struct ClientAddress: Hashable, Sendable, CustomStringConvertible {
    let description: String
    /// Whether it is a client of a Unix socket, which has no address.
    let isLocalSocket: Bool

    init(_ address: SocketAddress?) {
        isLocalSocket = if case .unixDomainSocket = address { true } else { false }
        description =
            switch address {
            case .v4(let address): address.host
            case .v6: address?.ipAddress.map(Self.network) ?? "unknown"
            case .unixDomainSocket: "unix"
            case nil: "unknown"
            }
    }

    /// An IPv4 client of a listener of IPv6 has an address that begins so: RFC 4291, section 2.5.5.2.
    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

    private static func network(of address: String) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        // Safe: an IPv6 address has 16 bytes.
        guard unsafe inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        if bytes.starts(with: mappedPrefix) { return bytes.suffix(4).map { String($0) }.joined(separator: ".") }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
    }
}
