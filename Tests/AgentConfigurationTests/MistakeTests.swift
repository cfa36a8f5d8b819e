import AgentConfiguration
import Alerting
import HostWatch
import Testing

/// What is said about a file that is wrong.
@Suite struct MistakeTests {
    @Test func `All mistakes are told at once, with their places`() {
        let text = """
            watch:
              intervall: 5s
              interval: fast
              status_interval: [30s]
              children_inherit: 3
              interval: 6s
            web:
              listen_addresses: 9797
              maximum_requests: maybe
            logs:
              level: info
            groups:
              - comm: redis-server
                name: x
              - exe: [a]
                colour: red
              - postgres
            pools:
              - {name: p, endpoint: localhost, maximum: many}
            """
        #expect(
            complaints(text).map { $0.components(beforeExpected: ", expected") } == [
                "sonde.yaml:2:3: unknown key `watch.intervall`: did you mean `interval`?",
                "sonde.yaml:3:13: `watch.interval` is fast",
                "sonde.yaml:4:20: `watch.status_interval` is a list",
                "sonde.yaml:5:21: `watch.children_inherit` is 3",
                "sonde.yaml:6:3: `watch.interval` is set twice, first in line 3",
                "sonde.yaml:8:21: `web.listen_addresses` is 9797",
                "sonde.yaml:9:21: `web.maximum_requests` is maybe",
                "sonde.yaml:10:1: unknown key `logs`: did you mean `log`?",
                "sonde.yaml:13:11: `groups[0].comm` is redis-server",
                "sonde.yaml:15:5: `groups[1].name` is missing",
                "sonde.yaml:16:5: unknown key `groups[1].colour`",
                "sonde.yaml:17:5: `groups[2]` is postgres",
                "sonde.yaml:19:25: `pools[0].endpoint` is localhost",
                "sonde.yaml:19:45: `pools[0].maximum` is many",
            ])
    }

    @Test(arguments: [
        ("watch: {interval: 0s}", "a duration from 50ms to 1h"),
        ("watch: {interval: 2h}", "a duration from 50ms to 1h"),
        ("watch: {interval: -5s}", "a duration"), ("watch: {interval: 5 s}", "a duration"),
        ("watch: {interval: 5x}", "a duration"), ("watch: {interval: 1m1h}", "a duration"),
        ("watch: {interval: nan}", "a duration"), ("watch: {interval: 1e1}", "a duration"),
        ("watch: {interval: ٣s}", "a duration"), ("watch: {interval: }", "is nothing"),
        ("watch: {proportional_limit: 1XB}", "a size"), ("watch: {proportional_limit: 99999999999TiB}", "a size"),
        ("budget: {cpu: 900000%}", "a share"), ("alerts: {pool: {warning: {above: 80}}}", "a share from 0% to 100%"),
        ("alerts: {pool: {warning: on}}", "off, or a section"),
        ("alerts: {leak: {level: warning}}", "one of suspected"),
        ("alerts: {group_cpu: {warning: {for: 5m}}}", "without `above`"),
        ("delivery: {webhooks: [ftp://x]}", "an http or https address"),
        ("delivery: {webhooks: ['http://']}", "an http or https address"),
        ("delivery: {labels: {1a: x}}", "a label's name"), ("delivery: {labels: [a]}", "a table"),
        ("web: {listen_addresses: []}", "1 to 16"), ("web: {listen_addresses: ['::1:80']}", "HOST:PORT"),
        ("web: {listen_addresses: ['1.2.3:80']}", "HOST:PORT"), ("web: {listen_addresses: ['h:70000']}", "HOST:PORT"),
        ("web: {listen_addresses: ['unix:relative']}", "HOST:PORT"),
        ("web: {config_file: web.yaml}", "an absolute path"),
        ("web: {listen_addresses: [':80', ':80']}", "the same address comes twice"),
        ("log: {level: loud}", "one of debug, info, warning, error"),
        ("log: on", "a section with the keys level, format"),
        ("leaks: {windows: [6h, 1h]}", "have to ascend"), ("store: {hour: 1d}", "shorter than `store.five_minutes`"),
        ("alerts: {pool: {critical: {above: 10%}}}", "10% is below the warning's 80%"),
        ("pools: [{name: a, endpoint: '1.1.1.1:1', maximum: 1}, {name: a, endpoint: '1.1.1.1:2', maximum: 1}]", "too"),
        ("- a", "sections such as"), ("a", "sections such as"), ("interval: 5s", "did you mean `watch.interval`?"),
        ("? [a]\n: b", "a key has to be a word"), ("a: 1\n---\nb: 2", "another document"), ("a: [1", "not YAML"),
        ("\"a: 1", "not YAML"), ("a:\n\tb: 1", "not YAML"), ("watch: *w", "undefined alias"),
        ("watch: &w {interval: 5s}", "anchors and aliases"), ("watch: {interval: \"5\\as\"}", "5\\u{"),
    ])
    func `One mistake, and what is expected instead`(text: String, expected: String) {
        let found = complaints(text)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
        #expect(
            found.allSatisfy {
                $0.hasPrefix("sonde.yaml:1:") || $0.hasPrefix("sonde.yaml:2:") || text.contains("store")
            })
        #expect(found.allSatisfy { !$0.contains { $0.isNewline } })
    }

    @Test(arguments: [
        ("5s", 5.0), ("5", 5), ("0.5", 0.5), ("500ms", 0.5), ("1h30m", 5400), ("1m30s", 90), ("1.5m", 90), ("10m", 600),
    ])
    func `Durations`(text: String, seconds: Double) throws {
        #expect(try load("watch: {disk_interval: \(text)}").configuration.watch.diskInterval == seconds)
    }

    @Test(arguments: [
        ("64MiB", 64 << 20), ("1GiB", 1 << 30), ("512k", 512 << 10), ("512K", 512 << 10), ("1.5GiB", 3 << 29),
        ("2MB", 2_000_000), ("4096", 4096), ("4096B", 4096), ("1T", 1 << 40),
    ])
    func `Sizes`(text: String, bytes: UInt64) throws {
        #expect(try load("watch: {proportional_limit: \(text)}").configuration.watch.proportionalLimit == bytes)
    }

    @Test(arguments: [("80%", 0.8), ("0.8", 0.8), ("7%", 0.07), ("1", 1.0), ("0", 0.0)])
    func `Shares`(text: String, share: Double) throws {
        let settings = try load("alerts: {pool: {critical: {above: 100%}, warning: {above: \(text)}}}").configuration
        #expect(settings.alerts.thresholds[.pool]?.warning?.above == share)
    }

    @Test(arguments: ["", "\n", "# nothing\n", "---\n", "~", "watch:\n", "watch: ~\ngroups:\n", "\u{FEFF}watch:\n"])
    func `A file that sets nothing`(text: String) throws {
        #expect(try load(text).configuration == AgentConfiguration())
    }

    @Test func `A file that isn't there, or isn't one`() {
        for path in ["/nonexistent/sonde.yaml", "/dev", "/dev/null"] {
            let error = #expect(throws: ConfigurationError.self) { _ = try ConfigurationFile(reading: path) }
            #expect(error?.problems.first?.description.hasPrefix("\(path): ") == true)
        }
    }
}

extension String {
    /// Without what is expected and the rest.
    fileprivate func components(beforeExpected mark: String) -> String {
        firstRange(of: mark).map { String(self[..<$0.lowerBound]) } ?? self
    }
}
