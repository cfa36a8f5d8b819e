import Glibc
import Hummingbird
import NIOCore

/// What is known of a request beside its head and body.
struct AgentRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Who made the request, where users are configured.
    var user: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Whom requests are counted for: the address, for IPv6 the network of 64 bits that one host may have.
    var client: String {
        switch channel.remoteAddress {
        case .v4(let address): address.host
        case .v6: channel.remoteAddress?.ipAddress.map(Self.network) ?? "unknown"
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
