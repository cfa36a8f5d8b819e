import Foundation
import TestSupport
import Testing

/// The agent on a host with programs that leak, cache, collect garbage, and servers that are quiet.
@Suite struct LeakWatchTests {
    struct Alerts: Decodable {
        struct Alert: Decodable {
            let type: String
            let pid: Int32?
            let command: String?
            let evidence: String
            let recommendation: String
        }
        let alerts: [Alert]
    }

    struct Processes: Decodable {
        struct Process: Decodable {
            struct Leak: Decodable { let windowSeconds: Double }
            let pid: Int32
            let leak: Leak?
        }
        let processes: [Process]
    }

    /// Windows that a test can wait for; all else as it is by default.
    static let windows = ["leaks.windows=20s", "leaks.minimum_memory=4MiB", "alerts.leak.for=2s"]

    @Test func `It flags the one that leaks and only that, to Prometheus, Alertmanager and the API`() throws {
        // What else runs on this host may leak, too; and who watches has just begun, and grows for longer than the window.
        var strangers = Set(try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) })
        let leaking = try TestProgram.leaking()
        let others = (try HostPrograms.caching(), try TestProgram("go_sawtooth"), try HostPrograms.fullRedis())
        let servers = [try Server.nginx(), try Server.postgres()]
        let state = try TemporaryDirectory()
        let alertmanager = try AlertmanagerServer()
        let agent = try AgentProcess(
            state: state.path, settings: Self.windows + ["delivery.alertmanagers=\(alertmanager.url)"])
        let prometheus = try PrometheusServer(scraping: [.init("sonde", address: agent.address)])
        strangers.formUnion([agent.child.pid, alertmanager.pid, prometheus.pid])

        func leaks() throws -> [Alerts.Alert] {
            try agent.get("/api/v1/alerts?state=active", as: Alerts.self).alerts
                .filter { $0.type == "leak" && !strangers.contains($0.pid ?? 0) }
        }
        #expect(try eventually(within: 120) { try !leaks().isEmpty }, "\(agent.log)")
        let alerts = try leaks()
        #expect(alerts.map(\.pid) == [leaking.pid], "\(alerts)")
        let alert = try #require(alerts.first)
        #expect(alert.evidence.contains("leaking") && alert.evidence.contains("floor grew"), "\(alert.evidence)")
        #expect(alert.evidence.contains("of the limit: full in"), "\(alert.evidence)")
        #expect(alert.recommendation.contains("sonde memory -p \(leaking.pid)"), "\(alert.recommendation)")

        let sent = try alertmanager.alerts {
            $0.contains { $0.labels["alertname"] == "SondeLeak" && $0.labels["groupname"] == "leaking" }
        }
        #expect(sent.allSatisfy { $0.labels["alertname"] != "SondeLeak" || $0.labels["groupname"] != "go_sawtooth" })
        #expect(
            try eventually(within: 30) {
                try prometheus.value("sonde_leak_suspected{groupname=\"leaking\"}") == 1
            })
        #expect(try prometheus.value("sonde_leak_suspected{groupname=\"go_sawtooth\"} > 0") == nil)
        #expect(
            try eventually(within: 30) {
                try prometheus.value("sonde_leak_exhaustion_seconds{groupname=\"leaking\"} > 0") != nil
            })
        withExtendedLifetime((others, servers)) {}
    }

    @Test func `A reset ends no leak alert that holds, and is logged`() throws {
        let leaking = try TestProgram.leaking()
        let pid = leaking.pid
        let state = try TemporaryDirectory()
        // Where the agent's user may write.
        let socket = state.path + "/state/socket"
        let agent = try AgentProcess(
            state: state.path + "/state", settings: Self.windows + ["alerts.leak.clear_for=0s"],
            options: ["--web.listen-address", "unix:\(socket)"])
        func isAlerted() throws -> Bool {
            try agent.get("/api/v1/alerts?limit=1000", as: Alerts.self).alerts.contains { $0.pid == pid }
        }
        func collections() throws -> Double { try agent.metric("sonde_collections_total") ?? 0 }
        #expect(try eventually(within: 120) { try isAlerted() }, "\(agent.log)")
        let before = try collections()
        let reset = try run([
            "curl", "-sS", "--unix-socket", socket, "-X", "POST", "http://localhost/api/v1/metrics/reset",
        ])
        #expect(reset.output == #"{"status":"reset"}"#, "\(reset.errors)")
        // Of collections after the reset, of which one would be enough to end it.
        #expect(try eventually { try collections() < before } && eventually { try collections() >= 20 })
        #expect(try isAlerted())
        #expect(
            try agent.get("/api/v1/alerts?state=resolved&limit=1000", as: Alerts.self).alerts
                .allSatisfy { $0.pid != pid })
        #expect(
            agent.log.contains("were reset\" client=unix") && agent.log.contains("user=\"root or the agent's own\""),
            "\(agent.log)")
    }

    @Test func `The windows go on where they were after a kill`() throws {
        let leaking = try TestProgram.leaking()
        let pid = leaking.pid
        let state = try TemporaryDirectory()
        func window(_ agent: AgentProcess) throws -> Double {
            let processes = try agent.get("/api/v1/processes?limit=500", as: Processes.self).processes
            return processes.first { $0.pid == pid }?.leak?.windowSeconds ?? 0
        }
        let settings = ["leaks.windows=60s", "leaks.minimum_memory=1MiB"]
        let first = try AgentProcess(state: state.path, settings: settings)
        #expect(try eventually(within: 60) { try window(first) > 12 })
        let before = try window(first)
        first.child.kill()
        let second = try AgentProcess(state: state.path, settings: settings)
        #expect(try eventually(within: 20) { try window(second) > 0 })
        #expect(try window(second) >= before - 2)
    }
}
