import NIOCore
import Synchronization

/// The open connections of a listener, and which of them wait for a next request: of those the longest waiting one is
/// closed whenever the last place is taken, so that who is silent never keeps others out.
final class OpenConnections: Sendable {
    /// Sent through the pipeline of a connection whose place is needed.
    struct PlaceIsNeeded {}

    /// How long a connection may wait for its next request.
    enum Patience {
        case long, short
        /// Its place is needed.
        case none
    }

    private struct Connection {
        let channel: any Channel
        var idleSince: NIODeadline?
        /// It was told that its place is needed.
        var isLeaving = false
    }

    private let maximum: Int
    private let connections = Mutex<[ObjectIdentifier: Connection]>([:])

    init(maximum: Int) { self.maximum = maximum }

    func insert(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        let leaving = connections.withLock { connections in
            connections[key] = Connection(channel: channel)
            return dismissLongestIdle(of: &connections)
        }
        channel.closeFuture.whenComplete { _ in
            self.connections.withLock { _ = $0.removeValue(forKey: key) }
        }
        // Not under the lock: it may close at once.
        leaving?.pipeline.fireUserInboundEventTriggered(PlaceIsNeeded())
    }

    /// It has answered all that it was asked, and waits for the next request.
    func pause(_ channel: any Channel, at now: NIODeadline = .now()) -> Patience {
        connections.withLock { connections in
            let staying = Self.staying(in: connections)
            guard staying < maximum else {
                connections[ObjectIdentifier(channel)]?.isLeaving = true
                return .none
            }
            connections[ObjectIdentifier(channel)]?.idleSince = now
            return staying > maximum / 2 ? .short : .long
        }
    }

    /// Something came.
    func resume(_ channel: any Channel) {
        connections.withLock { $0[ObjectIdentifier(channel)]?.idleSince = nil }
    }

    func closeAll() {
        for channel in connections.withLock({ $0.values.map(\.channel) }) { channel.close(promise: nil) }
    }

    private func dismissLongestIdle(of connections: inout [ObjectIdentifier: Connection]) -> (any Channel)? {
        guard Self.staying(in: connections) >= maximum else { return nil }
        let idle = connections.compactMap { key, connection in connection.idleSince.map { (key, $0) } }
        guard let (key, _) = idle.min(by: { $0.1 < $1.1 }) else { return nil }
        connections[key]?.isLeaving = true
        connections[key]?.idleSince = nil
        return connections[key]?.channel
    }

    private static func staying(in connections: [ObjectIdentifier: Connection]) -> Int {
        connections.values.count { !$0.isLeaving }
    }
}
