import AgentConfiguration
import AgentServer
import AgentState
import HostWatch
import Logging
import MetricFamilies
import ServiceLifecycle

/// A server that listens, in a service group as the daemon has it.
struct RunningServer: Sendable {
    let addresses: [ListenAddress]
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    var port: UInt16 {
        switch addresses[0] {
        case .host(_, let port), .any(let port): port
        case .unix: 0
        }
    }

    /// Starts it and waits until it listens; throws when it can't.
    init(
        listening: [String] = ["127.0.0.1:0"], access: WebAccess? = nil, source: any AgentSource = SampleSource(),
        metrics: MetricsPresentation = .sample, hostNames: [String] = [],
        limits change: (inout ServerLimits) -> Void = { _ in }
    ) async throws {
        var settings = WebSettings()
        settings.listenAddresses = listening
        settings.hostNames = hostNames
        var limits = ServerLimits(settings)
        limits.rate = 0
        change(&limits)
        let (bound, binding) = AsyncStream.makeStream(of: [ListenAddress].self)
        let server = try WebServer(
            settings: settings, limits: limits, access: try access ?? WebAccess(file: nil), source: source,
            metrics: metrics, logger: Self.logger
        ) { binding.yield($0) }
        let group = ServiceGroup(services: [server], logger: Self.logger)
        self.group = group
        let task = Task {
            defer { binding.finish() }
            try await group.run()
        }
        self.task = task
        guard let addresses = await bound.first(where: { _ in true }) else {
            try await task.value
            throw NotListening()
        }
        self.addresses = addresses
    }

    /// Shuts down gracefully; returns how long it took.
    @discardableResult
    func stop() async throws -> Duration {
        let began = ContinuousClock.now
        await group.triggerGracefulShutdown()
        try await task.value
        return .now - began
    }

    /// A server that doesn't listen yet.
    static func idle(listening: [String] = [], access: WebAccess? = nil) throws -> WebServer {
        var settings = WebSettings()
        settings.listenAddresses = listening
        return try WebServer(
            settings: settings, access: access ?? WebAccess(file: nil), source: SampleSource(), metrics: .sample,
            logger: logger
        ) { _ in }
    }

    private static var logger: Logger {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return logger
    }
}

struct NotListening: Error {}

extension MetricsPresentation {
    static let sample = MetricsPresentation(
        exposition: { state, format, leaking in
            let lines = ["sonde_processes \(state.snapshot.processes.count)", "sonde_leaking \(leaking)"]
            return Array((lines + (format == .openMetrics ? ["# EOF", ""] : [""])).joined(separator: "\n").utf8)
        },
        families: { state in
            [
                MetricFamily(
                    name: "sonde_group_processes", help: "Processes.", kind: .gauge,
                    samples: state.snapshot.groups.map {
                        MetricSample(Double($0.processes), [MetricLabel("groupname", $0.name)])
                    }),
                MetricFamily(
                    name: "sonde_collection_seconds", help: "Collections.", kind: .histogram,
                    samples: [
                        MetricSample(labels: [], value: .histogram(bounds: [0.1, 1], counts: [3, 1, 0], sum: 0.5))
                    ]),
            ]
        })
}

/// Runs `body` with a server, and stops it.
func withServer<Result>(
    listening: [String] = ["127.0.0.1:0"], access: WebAccess? = nil, source: any AgentSource = SampleSource(),
    metrics: MetricsPresentation = .sample, hostNames: [String] = [], limits: (inout ServerLimits) -> Void = { _ in },
    _ body: (RunningServer) async throws -> Result
) async throws -> Result {
    let server = try await RunningServer(
        listening: listening, access: access, source: source, metrics: metrics, hostNames: hostNames,
        limits: limits)
    do {
        let result = try await body(server)
        try await server.stop()
        return result
    } catch {
        try await server.stop()
        throw error
    }
}
