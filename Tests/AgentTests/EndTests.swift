import Foundation
import TestSupport
import Testing

/// How long the agent takes to end when it is asked to, whatever holds it up.
@Suite struct EndTests {
    /// Something to deliver: every process has a descriptor open.
    private static let alerts = [
        "alerts.descriptors.warning.above=0.00000001", "alerts.descriptors.warning.for=0s",
        "alerts.descriptors.minimum=0", "alerts.quotas.per_user=1000", "alerts.quotas.per_group=1000",
        "alerts.quotas.per_type=1000",
    ]
    private let state: TemporaryDirectory

    init() throws { state = try TemporaryDirectory() }

    private func agent(_ address: String, prefix: [String] = []) throws -> AgentProcess {
        // Strict: NIO ends the program where it would complain only of what is done with a thread that has ended.
        let agent = try AgentProcess(
            state: state.path, settings: Self.alerts + ["delivery.webhooks=\(address)"], prefix: prefix,
            environment: ["SWIFTNIO_STRICT": "1"])
        #expect(try eventually { try agent.metric("sonde_alerts_fired_total") ?? 0 > 0 })
        return agent
    }

    /// A second is what is promised; the rest is for a busy machine.
    private func expectToEnd(_ agent: AgentProcess, within limit: Double = 4) throws {
        let start = ContinuousClock.now
        agent.child.send(signal: SIGTERM)
        #expect(try agent.child.exitStatus() == .exited(0), "\(agent.log)")
        let took = (ContinuousClock.now - start) / .seconds(1)
        #expect(took < limit, "\(took) s: \(agent.log.suffix(2000))")
        agent.child.waitForOutput()
        #expect(agent.log.contains("msg=stopped"))
        let check = try run(["sqlite3", "\(state.path)/sonde.sqlite", "PRAGMA integrity_check"])
        #expect(check.output == "ok\n", "\(check.errors)")
    }

    @Test func `An address that never answers doesn't hold it up, and nothing is lost`() throws {
        let port = try UnansweredPort()
        let agent = try agent("http://127.0.0.1:\(port.port)/hook")
        let fired = try agent.metric("sonde_alerts_fired_total") ?? 0
        #expect(eventually { FileManager.default.fileExists(atPath: "\(state.path)/deliveries.jsonl") })
        try expectToEnd(agent)
        let journal = try String(contentsOfFile: "\(state.path)/deliveries.jsonl", encoding: .utf8)
        #expect(Double(journal.split(separator: "\n").count) >= fired)
        withExtendedLifetime(port) {}
    }

    @Test(.enabled(if: Privileges.isRoot)) func `A peer that is silent over TLS doesn't hold it up`() throws {
        let server = try SilentTLSServer()
        let trust = "mount --bind \(server.certificate) /etc/ssl/certs/ca-certificates.crt && exec \"$@\""
        let agent = try agent(
            "https://127.0.0.1:\(server.port)/hook", prefix: ["unshare", "--mount", "sh", "-c", trust, "sh"])
        try server.waitForConnection()
        try expectToEnd(agent)
    }

    @Test func `Full CPUs and alerts under way don't hold it up`() throws {
        let busy = try (0..<2).map { _ in
            try Child(["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "sh", "-c", "while :; do :; done"])
        }
        let receiver = try HTTPResponder { _ in
            usleep(300_000)
            return HTTPResponse(status: 200)
        }
        try expectToEnd(try agent("http://\(receiver.address)/hook"))
        withExtendedLifetime(busy) {}
    }

    @Test func `Each alert is in the log`() throws {
        let programs = try (0..<12).map { _ in
            try Child(["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "sleep", "1000"])
        }
        let agent = try AgentProcess(state: state.path, settings: Self.alerts)
        #expect(
            try eventually {
                let fired = try agent.metric("sonde_alerts_fired_total") ?? 0
                return fired > 12 && fired == Double(agent.log.components(separatedBy: "msg=\"alert fired\"").count - 1)
            }, "\(agent.log)")
        withExtendedLifetime(programs) {}
    }
}
