package import AgentConfiguration
package import AgentState
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The agent's HTTP server: all its listeners, until it is shut down gracefully or its task is cancelled.
package struct WebServer: Service {
    /// What it answers, as in `GET /api/v1/processes/{pid}`; each GET is a HEAD too.
    package let operations: [String]
    private let addresses: [ListenAddress]
    private let limits: ServerLimits
    private let access: WebAccess
    private let logger: Logger
    private let responder: WebResponder
    private let onListening: @Sendable ([ListenAddress]) async -> Void

    /// - Parameters:
    ///   - access: who may connect, of `settings.configurationFile`.
    ///   - limits: by default those of `settings`.
    ///   - onListening: called once, when all addresses accept connections, with the ports that were chosen.
    package init(
        settings: WebSettings, limits: ServerLimits? = nil, access: WebAccess, source: any AgentSource,
        metrics: MetricsPresentation, logger: Logger,
        onListening: @escaping @Sendable ([ListenAddress]) async -> Void
    ) throws(WebServerError) {
        var addresses: [ListenAddress] = []
        for text in settings.listenAddresses {
            guard let address = ListenAddress(text) else { throw .invalidAddress(text) }
            addresses.append(address)
        }
        self.addresses = addresses
        self.limits = limits ?? ServerLimits(settings)
        self.access = access
        self.logger = logger
        self.onListening = onListening
        let routes = AgentRoutes(source: source, metrics: metrics, access: access).all
        operations = routes.map { "\($0.method.rawValue) \($0.path)" }
        let hosts = AcceptedHosts(
            configured: settings.hostNames, listening: addresses, hostName: AcceptedHosts.hostName)
        responder = WebResponder(
            routes: routes, limits: self.limits, hosts: hosts, access: access, logger: logger)
    }

    /// Warnings about these settings, for the log.
    package var warnings: [String] {
        addresses.filter { !$0.isLocal }.compactMap { address in
            if !access.requiresAuthentication {
                "\(address) is reached from other hosts, and no password is required: set basic_auth_users in "
                    + "--web.config.file, or listen at 127.0.0.1 or a unix: path"
            } else if !access.usesTLS {
                "\(address) is reached from other hosts without TLS, so that passwords can be read on the network: set "
                    + "tls_server_config in --web.config.file, or listen at 127.0.0.1 or a unix: path"
            } else {
                nil
            }
        }
    }

    /// One thread for all servers of the process.
    ///
    /// It isn't ended: a listener of Hummingbird's that has ended hands it something a moment later, and NIO complains
    /// when it is gone by then.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Throws a `WebServerError` when one of the addresses can't be listened at.
    package func run() async throws {
        let loops = Self.loops
        let connections = addresses.map { _ in
            OpenConnections(maximum: limits.connections, perClient: limits.connectionsPerClient)
        }
        let result: Result<Void, any Error>
        do {
            try await listen(on: loops, connections)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for listener in connections { listener.closeAll() }
        try result.get()
    }

    private func listen(on loops: MultiThreadedEventLoopGroup, _ connections: [OpenConnections]) async throws {
        let (bound, binding) = AsyncStream.makeStream(of: (Int, ListenAddress).self)
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for (index, (address, connections)) in zip(addresses, connections).enumerated() {
                    let listener = WebListener(
                        address: address, limits: limits, access: access, responder: responder,
                        connections: connections, logger: logger)
                    tasks.addTask { try await listener.run(on: loops) { binding.yield((index, $0)) } }
                }
                tasks.addTask { await announce(bound) }
                // The first failure ends the others.
                for try await _ in tasks {}
            }
        } onGracefulShutdown: {
            binding.finish()
            Task {
                try? await Task.sleep(for: .seconds(limits.grace))
                for listener in connections { listener.closeAll() }
            }
        }
    }

    private func announce(_ bound: AsyncStream<(Int, ListenAddress)>) async {
        var listening: [Int: ListenAddress] = [:]
        for await (index, address) in bound {
            listening[index] = address
            guard listening.count == addresses.count else { continue }
            return await onListening(listening.sorted { $0.key < $1.key }.map(\.value))
        }
    }
}
