import Foundation
import TestSupport
import Testing

/// The agent's web configuration file while the agent runs.
@Suite struct WebAccessTests {
    /// The user `prometheus`, whose password is `secret`.
    private static let users = """
        basic_auth_users:
          prometheus: $2b$04$FGfhyhNxPNWqwHUvudgCcOaeNGHjV3/r/3rOrb5bIu/9MvzzE7QLC
        """

    /// Of a client without a password; Foundation's would wait for one.
    private func status(of agent: AgentProcess) throws -> String {
        try run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "http://\(agent.address)/healthz"]).output
    }

    @Test func `An emptied file opens nothing until a reload, which warns`() throws {
        let place = try TemporaryDirectory()
        try place.write(Self.users, to: "web.yaml")
        let agent = try AgentProcess(
            state: place.path + "/state", settings: ["web.config_file=\(place.path)/web.yaml"],
            options: ["--web.listen-address", "0.0.0.0:0"],
            headers: ["Authorization": "Basic \(Data("prometheus:secret".utf8).base64EncodedString())"])
        #expect(try status(of: agent) == "401")
        #expect(!agent.log.contains("no password is required"))
        try place.write("", to: "web.yaml")
        var statuses: Set<String> = []
        let isApplied = try eventually {
            statuses.insert(try status(of: agent))
            return agent.log.contains("protects less than before; the previous one")
        }
        #expect(isApplied && statuses == ["401"])
        #expect(try status(of: agent) == "401")
        agent.child.send(signal: SIGHUP)
        #expect(try eventually { try status(of: agent) == "200" })
        #expect(eventually { agent.log.contains("protects less than before") }, "\(agent.log)")
        #expect(eventually { agent.log.contains("no password is required") }, "\(agent.log)")
        #expect(agent.log.contains("lost=basic_auth_users"))
    }
}
