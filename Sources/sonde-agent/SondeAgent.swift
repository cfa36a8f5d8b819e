import Agent
import AgentConfiguration
import Alerting
import ArgumentParser
import Confinement
import Daemon
import Foundation
import Logging
import ProfileModel

/// `sonde agent`: what `sonde` hands over to.
@main
struct SondeAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sonde agent",
        abstract: "Watch all processes of this host: leaks, thresholds, Prometheus metrics, alerts.",
        discussion: """
            Works without configuration. What is set comes from options over SONDE_* environment variables over the file \
            over defaults; SONDE_WATCH_INTERVAL is the key watch.interval. SIGHUP reads all of it again, SIGTERM ends it.

            EXIT STATUS
              0    ended by a signal, or checked
              1    failed
              64   wrong usage
              126  the program sonde-agent can't be run
              127  the program sonde-agent is missing
            """,
        version: Version.text)

    /// As all errors of `sonde` begin.
    static var _errorPrefix: String { "error: " }

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Say whether the configuration and the web configuration are right, or what is wrong, and leave.")
    var checkConfig = false

    @Flag(help: "Write the configuration that is in force as YAML, without secrets, and leave.")
    var printConfig = false

    func run() throws {
        let sources = try options.sources()
        if checkConfig { return try check(sources) }
        let loaded = try Self.load(sources)
        if printConfig {
            print(ConfigurationText(loaded.configuration).text, terminator: "")
            return
        }
        start(loaded, sources)
    }

    /// Doesn't return: the process ends with the agent.
    private func start(_ loaded: LoadedConfiguration, _ sources: ConfigurationSources) -> Never {
        OwnHeap.limitArenas()
        DispatchLog.turnOff()
        let sink = LogSink(loaded.configuration.log, environment: sources.environment)
        guard let directory = Self.confine(loaded.configuration, sources.environment) else { Foundation.exit(1) }
        Task {
            let isDone = await AgentProgram.run(loaded, sources: sources, stateDirectory: directory, sink: sink)
            sink.finish()
            Foundation.exit(isDone ? 0 : 1)
        }
        dispatchMain()
    }

    /// Gives up all privileges but those that are needed; returns the state directory, ready for use, and `nil` where either
    /// fails.
    ///
    /// Capabilities belong to threads, and whatever is asynchronous starts some: nothing is logged before.
    private static func confine(
        _ configuration: AgentConfiguration, _ environment: [String: String]
    ) -> StateDirectory? {
        do {
            let privileges = try Privileges(
                user: configuration.user, listenAddresses: configuration.web.listenAddresses)
            // Where it is by default depends on the user.
            let directory = try StateDirectory(configured: configuration.stateDirectory, environment: environment)
            if let user = privileges.user { try Self.prepare(directory, configuration, for: user) }
            try privileges.restrict()
            try directory.prepare()
            return directory
        } catch {
            say("\(error)")
            return nil
        }
    }

    /// What only root can prepare.
    private static func prepare(
        _ directory: StateDirectory, _ configuration: AgentConfiguration, for user: UserAccount
    ) throws {
        try directory.give(to: user)
        for (index, text) in configuration.web.listenAddresses.enumerated() {
            guard case .unix(let path) = ListenAddress(text) else { continue }
            try PrivilegedFiles.linkSocket(path, to: "\(directory.path)/web-\(index).socket")
        }
        if let path = configuration.delivery.file { try PrivilegedFiles.giveAlertFile(path, to: user) }
    }

    private func check(_ sources: ConfigurationSources) throws {
        let loaded = try Self.load(sources)
        do throws(AgentError) {
            try Agent.check(loaded.configuration)
        } catch {
            Self.say("\(error)")
            throw ExitCode(1)
        }
        for warning in loaded.warnings { Self.say("warning: \(warning)") }
        print("\(sources.path ?? "no configuration file"): ok")
    }

    private static func load(_ sources: ConfigurationSources) throws -> LoadedConfiguration {
        do throws(ConfigurationError) {
            return try sources.load()
        } catch {
            say("\(error)")
            throw ExitCode(1)
        }
    }

    static func say(_ text: String) {
        // There is no other place to say it.
        try? FileHandle.standardError.write(contentsOf: Data("\(text)\n".utf8))
    }
}
