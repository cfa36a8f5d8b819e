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

    /// Runs until SIGTERM or SIGINT, and returns whether it could start.
    ///
    /// SIGHUP reads the configuration again.
    static func run(_ loaded: LoadedConfiguration, sources: ConfigurationSources, sink: LogSink) async -> Bool {
        let log = Logger(label: "agent", factory: sink.handler)
        for warning in loaded.warnings { log.warning("\(warning)") }
        let signals = ProcessSignals()
        var program = AgentProgram(sources: sources, sink: sink, log: log, configuration: loaded.configuration)
        guard program.prepare() else { return false }
        await program.serve(signals)
        return true
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

    private func prepare() -> Bool {
        do throws(StateDirectoryError) {
            let directory = try StateDirectory(
                configured: configuration.stateDirectory, environment: sources.environment)
            try directory.prepare()
            log.info("state directory", metadata: ["path": "\(directory.path)"])
        } catch {
            log.error("\(error)")
            return false
        }
        for limitation in Visibility.limitations() { log.warning("\(limitation)") }
        return true
    }

    private mutating func serve(_ signals: ProcessSignals) async {
        log.info("started", metadata: ["version": "\(Version.text)", "configuration": "\(sources.path ?? "defaults")"])
        notify(.ready, .status("watching"))
        let ticking = Task { [notifier, sink] in await Self.tick(notifier, sink) }
        defer { ticking.cancel() }
        for await signal in signals.stream {
            switch signal {
            case .reload: reload()
            case .terminate:
                notify(.stopping)
                log.info("stopped")
                return
            }
        }
    }

    /// Feeds the service manager's watchdog, and tells what the log left out.
    private static func tick(_ notifier: ServiceNotifier?, _ sink: LogSink) async {
        let interval = min(notifier?.watchdogInterval ?? 10, 10)
        while !Task.isCancelled {
            // A manager that can't be told restarts the agent, which is what it is for.
            try? notifier?.send([.watchdog])
            sink.tellSuppressed()
            try? await Task.sleep(for: .seconds(interval))
        }
    }

    /// All or nothing: what can't be taken leaves everything as it is.
    private mutating func reload() {
        notify(.reloading)
        defer { notify(.ready) }
        do throws(ConfigurationError) {
            let loaded = try sources.load()
            let change = ConfigurationChange(from: configuration, to: loaded.configuration)
            if let refusal = change.refusal {
                log.error("configuration not reloaded: \(refusal)")
                return
            }
            configuration = loaded.configuration
            sink.change(to: configuration.log)
            for warning in loaded.warnings { log.warning("\(warning)") }
            log.info("configuration reloaded", metadata: ["changed": "\(change.changed.joined(separator: ","))"])
        } catch {
            for problem in error.problems { log.error("configuration not reloaded: \(problem)") }
        }
    }

    private func notify(_ states: ServiceNotifier.State...) {
        do throws(NotifyError) {
            try notifier?.send(states)
        } catch {
            log.warning("\(error)")
        }
    }
}
