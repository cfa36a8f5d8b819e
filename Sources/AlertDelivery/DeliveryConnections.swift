import AsyncHTTPClient
import NIOCore
import NIOPosix
import SystemSupport

/// The HTTP client of all destinations, with one thread of its own.
///
/// NIO's shared event loops would be as many threads as the machine has cores, which a service's limit may forbid.
struct DeliveryConnections: Sendable {
    let client: HTTPClient
    private let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init() {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // Failures come at once, and are retried by the lanes, where they are counted.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Alerts are rare: a connection would mostly be dead by the next one.
        configuration.connectionPool.idleTimeout = .seconds(5)
        client = HTTPClient(eventLoopGroup: eventLoops, configuration: configuration)
    }

    /// Closes connections and ends the thread; no request may be under way.
    ///
    /// What takes longer than a moment is not waited for: AsyncHTTPClient ends a connection that is being made only when
    /// its time is over (10 s), and TLS waits for the peer's goodbye (5 s).
    func end() async {
        _ = await isOver(within: .milliseconds(100)) {
            try? await client.shutdown()
            try? await eventLoops.shutdownGracefully()
        }
    }
}
