import AgentConfiguration
import ArgumentParser
import Foundation

/// The options that set keys of the configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The configuration file; by default \(ConfigurationFile.standardPath), if there is one."))
    var config: String?

    @Option(
        name: .customLong("web.listen-address"),
        help: ArgumentHelp(
            "Where to listen: HOST:PORT, :PORT, [IPV6]:PORT or unix:/PATH; may be repeated.", valueName: "address"))
    var listenAddresses: [String] = []

    @Option(
        name: .customLong("web.config.file"),
        help: ArgumentHelp("TLS and basic authentication, in the exporter-toolkit's form.", valueName: "file"))
    var webConfiguration: String?

    @Option(help: ArgumentHelp("Where series, alerts and events are kept.", valueName: "directory"))
    var stateDirectory: String?

    @Option(
        help: ArgumentHelp(
            "Whom to change to when started as root, by name or number; by default sonde, or a number of its own.",
            valueName: "user"))
    var user: String?

    @Option(
        name: .customLong("watch.interval"), help: ArgumentHelp("How often processes are read.", valueName: "duration"))
    var interval: String?

    @Option(name: .customLong("log.level"), help: ArgumentHelp("debug, info, warning or error.", valueName: "level"))
    var logLevel: String?

    @Option(name: .customLong("log.format"), help: ArgumentHelp("logfmt or json.", valueName: "format"))
    var logFormat: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Any key, such as store.raw=6h; may be repeated.", valueName: "key=value"))
    var settings: [String] = []

    /// Where the configuration comes from, now and at each reload.
    func sources() throws -> ConfigurationSources {
        ConfigurationSources(
            file: config.map(Self.absolute), environment: ProcessInfo.processInfo.environment, flags: try flags())
    }

    private func flags() throws -> [ConfigurationFlag] {
        let single = [
            ("--web.config.file", "web.config_file", webConfiguration.map(Self.absolute)),
            ("--state-directory", "state_directory", stateDirectory.map(Self.absolute)),
            ("--user", "user", user), ("--watch.interval", "watch.interval", interval),
            ("--log.level", "log.level", logLevel),
            ("--log.format", "log.format", logFormat),
        ]
        var flags = single.compactMap { name, key, value in
            value.map { ConfigurationFlag(name: name, key: key, value: .text($0)) }
        }
        if !listenAddresses.isEmpty {
            flags.append(
                ConfigurationFlag(
                    name: "--web.listen-address", key: "web.listen_addresses", value: .list(listenAddresses)))
        }
        for setting in settings {
            do {
                flags.append(try ConfigurationFlag(name: "--set", setting: setting))
            } catch {
                throw ValidationError("\(error)")
            }
        }
        return flags
    }

    /// A reload has to find the file again, wherever the agent is by then.
    private static func absolute(_ path: String) -> String {
        path.isEmpty || path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
