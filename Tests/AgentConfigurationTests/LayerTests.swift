import AgentConfiguration
import Alerting
import HostWatch
import Testing

/// Flags over environment over file over defaults.
@Suite struct LayerTests {
    @Test func `Each layer wins over the one below it`() throws {
        let file = "watch:\n  interval: 10s\n  status_interval: 1m\n  disk_interval: 2m\n"
        let flag = ConfigurationFlag(name: "--watch.interval", key: "watch.interval", value: .text("1s"))
        let environment = ["SONDE_WATCH_INTERVAL": "2s", "SONDE_WATCH_STATUS_INTERVAL": "3s"]
        let watch = try load(file, environment: environment, flags: [flag]).configuration.watch
        #expect(watch.interval == 1)
        #expect(watch.statusInterval == 3)
        #expect(watch.diskInterval == 120)
        #expect(watch.descriptorInterval == HostWatchSettings().descriptorInterval)
    }

    @Test func `Lists and tables in the environment`() throws {
        let environment = [
            "SONDE_WEB_LISTEN_ADDRESSES": ":9797, unix:/run/sonde.sock", "SONDE_LEAKS_WINDOWS": "10m,1h",
            "SONDE_DELIVERY_LABELS": "site=a,rack=7", "SONDE_ALERTS_PROCESS_MEMORY_WARNING": "off",
            "SONDE_ALERTS_GROUP_CPU_CRITICAL_ABOVE": "0.5", "SONDE_STATE_DIRECTORY": "/var/tmp/sonde",
        ]
        let configuration = try load("", environment: environment).configuration
        #expect(configuration.web.listenAddresses == [":9797", "unix:/run/sonde.sock"])
        #expect(configuration.leaks.windows == [600, 3600])
        #expect(configuration.delivery.labels == ["site": "a", "rack": "7"])
        #expect(configuration.alerts.thresholds[.processMemory]?.warning == nil)
        #expect(configuration.alerts.thresholds[.processMemory]?.critical != nil)
        #expect(configuration.alerts.thresholds[.groupCPU]?.critical == .init(above: 0.5, hold: 300))
        #expect(configuration.stateDirectory == "/var/tmp/sonde")
    }

    @Test func `A misspelt variable is an error, one of somebody else a warning`() throws {
        #expect(
            complaints("", environment: ["SONDE_WATCH_INTERVALL": "5s"]) == [
                "environment variable SONDE_WATCH_INTERVALL: unknown key `SONDE_WATCH_INTERVALL`: "
                    + "did you mean `SONDE_WATCH_INTERVAL`?"
            ])
        #expect(complaints("", environment: ["SONDE_GROUPS": "x"]).first?.contains("file only") == true)
        let foreign = [
            "SONDE_PORT": "tcp://10.0.0.1:80", "SONDE_WEB_SERVICE_HOST": "10.0.0.1",
            "SONDE_WEB_PORT_80_TCP_ADDR": "10.0.0.1", "SONDE_HOME": "/opt",
        ]
        #expect(try load("", environment: foreign).warnings.count == 4)
        #expect(try load("", environment: ["SONDE_SWIFT": "/usr/bin/swift", "PATH": "/"]).warnings.isEmpty)
    }

    @Test func `An option that sets any key`() throws {
        let flag = try ConfigurationFlag(name: "--set", setting: "web.listen_addresses=:1,:2")
        #expect(try load("", flags: [flag]).configuration.web.listenAddresses == [":1", ":2"])
        #expect(throws: ConfigurationProblem.self) { try ConfigurationFlag(name: "--set", setting: "web.listen=:1") }
        #expect(throws: ConfigurationProblem.self) { try ConfigurationFlag(name: "--set", setting: "interval") }
        #expect(throws: ConfigurationProblem.self) { try ConfigurationFlag(name: "--set", setting: "groups=x") }
    }

    @Test func `Groups and pools`() throws {
        let configuration = try load(
            """
            groups:
              - name: "db {{.Comm}}"
                comm: [postgres, redis-server]
                cmdline: ['-D\\s+/srv']
                minimum_rss: 16MiB
              - {name: rest, exclude: true, user: [nobody, 33]}
            pools:
              - {name: orders, endpoint: "[::1]:5432", maximum: 20}
            """
        ).configuration
        #expect(configuration.watch.rules.map(\.name) == ["db {{.Comm}}", "rest"])
        #expect(configuration.watch.rules[0].commands == ["postgres", "redis-server"])
        #expect(configuration.watch.rules[0].commandLine == ["-D\\s+/srv"])
        #expect(configuration.watch.rules[0].minimumResident == 16 << 20)
        #expect(configuration.watch.rules[1].excludes && configuration.watch.rules[1].users == ["nobody", "33"])
        #expect(configuration.watch.pools == [PoolSettings(name: "orders", endpoint: "[::1]:5432", maximum: 20)])
    }

    private struct Refusal: Error, CustomStringConvertible { let description = "no such template" }

    @Test func `A rule that is refused is told with its place`() {
        let text = "groups:\n  - name: good\n  - name: bad\n"
        let error = #expect(throws: ConfigurationError.self) {
            _ = try LoadedConfiguration(file: ConfigurationFile(path: "f", text: text)) { rules in
                if rules.contains(where: { $0.name == "bad" }) { throw Refusal() }
            }
        }
        #expect(error?.problems.map(\.description) == ["f:3:5: `groups[1]`: no such template"])
    }

    @Test func `What is printed is read back`() throws {
        let text = """
            state_directory: "/srv/a b"
            watch: {proportional_interval: 90s, maximum_groups: 5}
            alerts: {pool: {warning: off, critical: {above: 12.5%, for: 90s}}}
            delivery: {labels: {site: "a: \\"b\\" \\u0007 ü"}, webhooks: ["https://x.example/T0/secret?a=b"]}
            groups: [{name: "off", comm: ["- x", "null", "#"]}]
            pools: [{name: p, endpoint: "1.2.3.4:5", maximum: 3}]
            """
        let configuration = try load(text).configuration
        let printed = ConfigurationText(configuration, masksSecrets: false).text
        #expect(try load(printed).configuration == configuration)
        let masked = ConfigurationText(configuration).text
        #expect(masked.contains("https://x.example/***") && !masked.contains("secret"))
    }

    @Test func `Credentials of an Alertmanager are not shown`() throws {
        let text = "delivery: {alertmanagers: ['http://me:pass@am.example:9093/base?token=abc']}"
        let masked = ConfigurationText(try load(text).configuration).text
        #expect(masked.contains("am.example:9093/base"))
        #expect(!masked.contains("pass") && !masked.contains("abc") && !masked.contains("me:"))
    }

    @Test func `What needs a restart refuses the whole reload`() throws {
        let old = AgentConfiguration()
        let quiet = try load("watch: {interval: 1s}\ngroups: [{name: x}]").configuration
        #expect(ConfigurationChange(from: old, to: quiet).changed == ["watch.interval", "groups"])
        #expect(ConfigurationChange(from: old, to: quiet).refusal == nil)
        let loud = try load("watch: {interval: 1s}\nstate_directory: /x\nweb: {listen_addresses: [':1']}").configuration
        let change = ConfigurationChange(from: old, to: loud)
        #expect(change.needingRestart == ["state_directory", "web.listen_addresses"])
        #expect(change.refusal?.contains("`web.listen_addresses`") == true)
        #expect(ConfigurationChange(from: old, to: old).changed.isEmpty)
    }
}
