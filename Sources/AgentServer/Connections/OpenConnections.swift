import Glibc
import NIOCore
import Synchronization

/// The open connections of a listener, and which of them have no request now.
///
/// Whenever the last place is taken, the connection that has been without a request for longest is evicted, whether it
/// was idle or never sent one; a client that has as many connections as one may have evicts its own. So neither silence
/// nor a head that arrives byte by byte keeps others out, nor does one client with many connections.
final class OpenConnections: Sendable {
    /// Sent through the pipeline of a connection that is evicted.
    struct Eviction {}

    /// How long a connection may wait for its next request.
    enum IdleLimit {
        case long, short
        /// Its place is needed.
        case none
    }

    private struct Connection {
        let channel: any Channel
        let client: ClientAddress
        /// `nil` while a request is received or answered.
        var withoutRequestSince: NIODeadline?
        var hasHadRequest = false
        /// It is evicted, or ends with its response.
        var isLeaving = false
    }

    /// The least time that a new connection has for its request: what it has sent may not have been read yet.
    private static let grace = TimeAmount.milliseconds(100)

    private let maximum: Int
    private let maximumPerClient: Int
    private let connections = Mutex<[ObjectIdentifier: Connection]>([:])

    init(maximum: Int, perClient: Int) {
        self.maximum = maximum
        maximumPerClient = perClient
    }

    /// Takes a new connection; false when its client has as many with requests as it may have.
    ///
    /// Clients of Unix sockets have no limit of their own: the file's mode decides who may connect.
    func admit(_ channel: any Channel, of client: ClientAddress, at now: NIODeadline = .now()) -> Bool {
        let key = ObjectIdentifier(channel)
        let (isAdmitted, evicted) = connections.withLock { connections -> (Bool, [any Channel]) in
            var evicted: [any Channel] = []
            if !client.isLocalSocket, Self.staying(in: connections, of: client) >= maximumPerClient {
                guard let own = Self.evictLongestWithoutRequest(of: &connections, client, at: now) else {
                    return (false, [])
                }
                evicted.append(own)
            }
            if Self.staying(in: connections) + 1 >= maximum,
                let other = Self.evictLongestWithoutRequest(of: &connections, at: now)
            {
                evicted.append(other)
            }
            connections[key] = Connection(channel: channel, client: client, withoutRequestSince: now)
            return (true, evicted)
        }
        if isAdmitted { freeLastPlace(later: channel.eventLoop) }
        if isAdmitted {
            channel.closeFuture.whenComplete { _ in
                self.connections.withLock { _ = $0.removeValue(forKey: key) }
            }
        }
        // Not under the lock: it may close at once.
        for channel in evicted { channel.pipeline.fireUserInboundEventTriggered(Eviction()) }
        return isAdmitted
    }

    /// Evicts a connection, once it has had time for a request, while the last place is taken.
    private func freeLastPlace(later loop: any EventLoop) {
        let isFull = connections.withLock { connections in
            Self.staying(in: connections) >= maximum
                && connections.values.contains { !$0.isLeaving && $0.withoutRequestSince != nil }
        }
        guard isFull else { return }
        loop.scheduleTask(in: Self.grace) {
            let evicted = self.connections.withLock { connections in
                Self.staying(in: connections) >= self.maximum
                    ? Self.evictLongestWithoutRequest(of: &connections, at: .now()) : nil
            }
            evicted?.pipeline.fireUserInboundEventTriggered(Eviction())
            self.freeLastPlace(later: loop)
        }
    }

    /// It has answered all requests, and waits for the next.
    func beginIdle(_ channel: any Channel, at now: NIODeadline = .now()) -> IdleLimit {
        connections.withLock { connections in
            let staying = Self.staying(in: connections)
            guard staying < maximum else {
                connections[ObjectIdentifier(channel)]?.isLeaving = true
                return .none
            }
            connections[ObjectIdentifier(channel)]?.withoutRequestSince = now
            return staying > maximum / 2 ? .short : .long
        }
    }

    /// The head of a request is complete.
    func beginRequest(_ channel: any Channel) {
        connections.withLock { connections in
            connections[ObjectIdentifier(channel)]?.withoutRequestSince = nil
            connections[ObjectIdentifier(channel)]?.hasHadRequest = true
        }
    }

    func closeAll() {
        for channel in connections.withLock({ $0.values.map(\.channel) }) { channel.close(promise: nil) }
    }

    /// - Parameter client: `nil` for any.
    private static func evictLongestWithoutRequest(
        of connections: inout [ObjectIdentifier: Connection], _ client: ClientAddress? = nil, at now: NIODeadline
    ) -> (any Channel)? {
        let candidates = connections.compactMap { key, connection -> (ObjectIdentifier, NIODeadline)? in
            guard !connection.isLeaving, client == nil || connection.client == client,
                let since = connection.withoutRequestSince, connection.hasHadRequest || since + grace <= now
            else { return nil }
            return (key, since)
        }
        guard let (key, _) = candidates.min(by: { $0.1 < $1.1 }) else { return nil }
        connections[key]?.isLeaving = true
        return connections[key]?.channel
    }

    private static func staying(
        in connections: [ObjectIdentifier: Connection], of client: ClientAddress? = nil
    ) -> Int {
        connections.values.count { !$0.isLeaving && (client == nil || $0.client == client) }
    }
}

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
