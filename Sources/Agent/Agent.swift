package import AgentConfiguration
internal import AgentServer
internal import AgentState
internal import HostWatch
package import Logging
internal import MemoryTrends
package import ProcFS
internal import SeriesStore
internal import ServiceLifecycle

/// The host agent: collection, delivery of alerts and the server, from their start to their end.
package final class Agent: Sendable {
    private let host: HostAgent
    private let work: AgentWork
    private let services: ServiceGroup
    private let server: WebServer
    private let ends: AsyncStream<Result<Void, any Error>>
    private let end: AsyncStream<Result<Void, any Error>>.Continuation
    private let access: WebAccess
    private let log: Logger

    /// Of all that is done at the end; a second is what is promised.
    private static let endLimit = Duration.milliseconds(850)

    /// - Parameters:
    ///   - alertLog: for lines about alerts, which are not limited.
    ///   - stateDirectory: prepared, and the agent's own.
    ///   - onReady: called once, with the addresses, after the first collection, when all of them accept connections.
    package init(
        _ configuration: AgentConfiguration, stateDirectory: String, procfs: ProcFS = ProcFS(), alertLog: Logger,
        log: Logger, onReady: @escaping @Sendable ([String]) async -> Void
    ) async throws(AgentError) {
        self.log = log
        // First, since it is what finds that another agent has the directory.
        let store = try Self.store(in: stateDirectory, configuration.retention, log)
        let outlets = AlertOutlets(stateDirectory: stateDirectory, alertLog: alertLog, log: log)
        try await outlets.apply(configuration.delivery)
        host = try HostAgent(configuration, procfs: procfs, store: store, outlets: outlets, log: log)
        access = try Self.access(configuration.web)
        do {
            server = try WebServer(
                settings: configuration.web, access: access, source: host, metrics: .ofState, logger: log
            ) { addresses in await onReady(addresses.map(\.description)) }
        } catch {
            throw .web(error)
        }
        for warning in host.limitations + server.warnings { log.warning("\(warning)") }
        work = AgentWork(server: server, outlets: outlets, host: host)
        services = ServiceGroup(services: [work], logger: log)
        (ends, end) = AsyncStream.makeStream()
    }

    /// A disk that is full or fails can be repaired while the agent works; a directory of another user is an error.
    private static func store(
        in directory: String, _ retention: RetentionSettings, _ log: Logger
    ) throws(AgentError) -> ResilientStore {
        let store = ResilientStore(directory: directory, retention: retention)
        guard case .failing(let error) = store.status else { return store }
        switch error {
        case .inUse, .newer, .notOwn: throw .store(error)
        case .full, .notPermitted, .damaged, .removed, .outdated, .failed:
            log.error("continuing in memory: \(error)")
        }
        return store
    }

    /// Throws what would keep an agent with this configuration from starting, as far as the configuration and the files
    /// that it names show.
    package static func check(_ configuration: AgentConfiguration) throws(AgentError) {
        try AlertOutlets.check(configuration.delivery)
        _ = try access(configuration.web)
    }

    private static func access(_ settings: WebSettings) throws(AgentError) -> WebAccess {
        do {
            return try WebAccess(file: settings.configurationFile)
        } catch {
            throw .webConfiguration(error)
        }
    }

    /// Works until `shutdown`; throws when an address can't be listened at.
    package func run() async throws {
        Task {
            await work.open.track("first collection") { await host.collect(isLate: false) }
            do {
                try await services.run()
                end.yield(.success(()))
            } catch {
                end.yield(.failure(error))
            }
        }
        for await outcome in ends { return try outcome.get() }
    }

    /// Makes `run` end, in under a second: what takes longer is abandoned and logged.
    package func shutdown() async {
        await services.triggerGracefulShutdown()
        Task {
            try? await Task.sleep(for: Self.endLimit)
            let names = work.open.names.joined(separator: ", ")
            if !names.isEmpty { log.warning("ending with work unfinished", metadata: ["unfinished": "\(names)"]) }
            end.yield(.success(()))
        }
    }

    /// Takes another configuration and the web configuration as it is now, all of it or nothing.
    package func apply(_ configuration: AgentConfiguration) async throws(AgentError) {
        let files: WebAccess.Files
        do {
            files = try access.prepare()
        } catch {
            await noteFailedReload("\(error)")
            throw .webConfiguration(error)
        }
        try await host.apply(configuration)
        let lost = access.adopt(files).map(\.rawValue)
        guard !lost.isEmpty else { return }
        let warning = "the web configuration protects less than before"
        for warning in [warning] + server.warnings {
            log.warning("\(warning)", metadata: ["lost": "\(lost.joined(separator: ", "))"])
        }
    }

    /// Notes that a configuration could not be read.
    package func noteFailedReload(_ reason: String) async { await host.noteFailedReload(reason) }

    /// One line for people.
    package var status: String {
        guard let state = host.state else { return "first collection" }
        let leaks = state.verdicts.values.count { $0.level >= .suspected }
        return "watching \(state.snapshot.processes.count) processes in \(state.snapshot.groups.count) groups; "
            + "\(leaks) leaks suspected, \(state.activeAlerts.count) alerts active"
    }

    /// Whether collections come about as often as they should; answers at once, while a collection hangs, too.
    package var isCollecting: Bool {
        guard let state = host.state, let age = host.secondsSinceCollection else { return true }
        return age < state.stallLimit
    }
}
