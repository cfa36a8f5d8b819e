import Agent
import AgentConfiguration
import ArgumentParser
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

            Exit status: 0 ended by a signal or checked, 1 failed, 64 wrong usage.
            """,
        version: Version.text)

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
        do {
            // Capabilities belong to threads, and whatever is asynchronous starts some.
            try Privileges.restrict()
        } catch {
            Logger(label: "agent", factory: sink.handler).warning("\(error)")
        }
        Task {
            let isDone = await AgentProgram.run(loaded, sources: sources, sink: sink)
            sink.finish()
            Foundation.exit(isDone ? 0 : 1)
        }
        dispatchMain()
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
