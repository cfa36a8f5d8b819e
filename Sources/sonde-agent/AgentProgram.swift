import Agent
import AgentConfiguration
import Daemon
import Logging
import ProfileModel

/// The agent from its configuration to its end.
struct AgentProgram {
    private let sources: ConfigurationSources
    private let sink: LogSink
    private let log: Logger
    private let notifier: ServiceNotifier?
    private var configuration: AgentConfiguration

    /// Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again.
    ///
    /// Returns whether it could start and worked to its end.
    static func run(
        _ loaded: LoadedConfiguration, sources: ConfigurationSources, stateDirectory: StateDirectory, sink: LogSink
    ) async -> Bool {
        let log = Logger(label: "agent", factory: sink.handler)
        for warning in loaded.warnings { log.warning("\(warning)") }
        let signals = ProcessSignals()
        var program = AgentProgram(sources: sources, sink: sink, log: log, configuration: loaded.configuration)
        log.info("state directory", metadata: ["path": "\(stateDirectory.path)"])
        return await program.serve(stateDirectory, signals)
    }

    private init(sources: ConfigurationSources, sink: LogSink, log: Logger, configuration: AgentConfiguration) {
        self.sources = sources
        self.sink = sink
        self.log = log
        self.configuration = configuration
        do {
            notifier = try ServiceNotifier(environment: sources.environment)
        } catch {
            notifier = nil
            log.warning("\(error)")
        }
    }

    /// Returns whether it worked to its end.
    private mutating func serve(_ directory: StateDirectory, _ signals: ProcessSignals) async -> Bool {
        let agent: Agent
        do {
            agent = try await Agent(
                configuration, stateDirectory: directory.path,
                alertLog: Logger(label: "agent", factory: sink.unlimitedHandler), log: log, onReady: announcement)
        } catch {
            log.error("\(error)")
            return false
        }
        let work = Task { [log] in
            do {
                try await agent.run()
                return true
            } catch {
                log.error("\(error)")
                return false
            }
        }
        let watchdog = Task { [notifier, log] in await Watchdog(agent, notifier, log)?.run() }
        let reminder = Task { [sink] in await Self.reportSuppressed(of: sink) }
        let handling = Task { [program = self, stream = signals.stream] in await program.handle(stream, agent) }
        let isDone = await work.value
        handling.cancel()
        watchdog.cancel()
        reminder.cancel()
        log.info("stopped")
        return isDone
    }

    /// Logs each minute what was suppressed.
    private static func reportSuppressed(of sink: LogSink) async {
        while (try? await Task.sleep(for: .seconds(60))) != nil { sink.reportSuppressed() }
    }

    private var announcement: @Sendable ([String]) async -> Void {
        let path = sources.path ?? "defaults"
        return { [log, notifier] addresses in
            let facts: Logger.Metadata = [
                "version": "\(Version.text)", "configuration": "\(path)",
                "addresses": "\(addresses.joined(separator: " "))",
            ]
            log.info("started", metadata: facts)
            Self.notify([.ready, .status("watching")], notifier, log)
        }
    }

    private func handle(_ signals: AsyncStream<ProcessSignals.Event>, _ agent: Agent) async {
        // The end doesn't wait for a reload, which a disk may hold up.
        let (reloads, reload) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let reloading = Task { [self] in
            var program = self
            for await _ in reloads { await program.reload(agent) }
        }
        defer { reloading.cancel() }
        for await signal in signals {
            switch signal {
            case .reload: reload.yield()
            case .terminate:
                Self.notify([.stopping], notifier, log)
                await agent.shutdown()
            }
        }
    }

    /// All or nothing: what can't be taken leaves everything as it is.
    private mutating func reload(_ agent: Agent) async {
        Self.notify([.reloading], notifier, log)
        do throws(ConfigurationError) {
            await take(try sources.load(), agent)
        } catch {
            for problem in error.problems { log.error("configuration not reloaded: \(problem)") }
            await agent.noteFailedReload("\(error)")
        }
        Self.notify([.ready], notifier, log)
    }

    private mutating func take(_ loaded: LoadedConfiguration, _ agent: Agent) async {
        let change = ConfigurationChange(from: configuration, to: loaded.configuration)
        if let refusal = change.refusal {
            log.error("configuration not reloaded: \(refusal)")
            return await agent.noteFailedReload(refusal)
        }
        do {
            try await agent.apply(loaded.configuration)
        } catch {
            log.error("configuration not reloaded: \(error)")
            return
        }
        configuration = loaded.configuration
        sink.change(to: configuration.log)
        for warning in loaded.warnings { log.warning("\(warning)") }
        log.info("configuration reloaded", metadata: ["changed": "\(change.changed.joined(separator: ","))"])
    }

    static func notify(_ states: [ServiceNotifier.State], _ notifier: ServiceNotifier?, _ log: Logger) {
        do throws(NotifyError) {
            try notifier?.send(states)
        } catch {
            log.warning("\(error)")
        }
    }
}

/// Notifies the service manager of the agent's status, and of its being alive for as long as collections come about.
struct Watchdog {
    private let agent: Agent
    private let notifier: ServiceNotifier
    private let log: Logger

    /// `nil` where no service manager listens.
    init?(_ agent: Agent, _ notifier: ServiceNotifier?, _ log: Logger) {
        guard let notifier else { return nil }
        self.agent = agent
        self.notifier = notifier
        self.log = log
    }

    /// Until its task is cancelled.
    func run() async {
        let pause = Duration.seconds(notifier.watchdogInterval ?? 60)
        while (try? await Task.sleep(for: pause)) != nil {
            var states = [ServiceNotifier.State.status(agent.status)]
            if agent.isCollecting { states.append(.watchdog) }
            AgentProgram.notify(states, notifier, log)
        }
    }
}
