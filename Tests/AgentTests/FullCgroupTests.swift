import Foundation
import TestSupport
import Testing

/// The agent beside a cgroup of the kernel's that is nearly full.
@Suite(.enabled(if: LimitedCgroup.isOffered, "no cgroup with a memory limit can be made here"))
struct FullCgroupTests {
    private struct Metrics: Decodable {
        struct Cgroup: Decodable {
            let path: String
            let unreclaimablePercent: Double?
        }
        let cgroups: [Cgroup]
    }

    private struct Alerts: Decodable {
        struct Alert: Decodable {
            let type: String
            let cgroup: String?
            let pid: Int32?
            let evidence: String
        }
        let alerts: [Alert]
    }

    @Test func `A cgroup that tmpfs fills alerts, and none of its small processes`() throws {
        let cgroup = try LimitedCgroup(limit: 100 << 20)
        let file = "/dev/shm\(cgroup.path)"
        let child = try cgroup.run("dd if=/dev/zero of=\(file) bs=1M count=90 && echo ready && exec sleep 600")
        defer { unsafe unlink(file) }
        try child.line(within: 60) { $0 == "ready" }
        let state = try TemporaryDirectory()
        let agent = try AgentProcess(
            state: state.path,
            settings: ["alerts.cgroup_memory.warning.for=0s", "alerts.process_memory.warning.for=0s"])
        func alerts() throws -> [Alerts.Alert] {
            try agent.get("/api/v1/alerts?state=active", as: Alerts.self).alerts
                .filter { $0.pid == child.pid || $0.cgroup?.hasSuffix(cgroup.path) == true }
        }
        #expect(try eventually { try !alerts().isEmpty }, "\(agent.log)")
        let alert = try #require(try alerts().first)
        #expect(try alerts().map(\.type) == ["cgroup_memory"])
        #expect(alert.evidence.contains("of its limit of 100 MiB (memory.max"), "\(alert.evidence)")
        let metrics = try agent.get("/api/v1/metrics", as: Metrics.self)
        let share = metrics.cgroups.first { $0.path.hasSuffix(cgroup.path) }?.unreclaimablePercent
        #expect(share.map { 88...100 ~= $0 } == true)
        let limit = "sonde_cgroup_memory_limit_bytes{cgroup=\"\(try #require(alert.cgroup))\"}"
        #expect(try agent.metric(limit) == 100 * 1_048_576)
        unsafe unlink(file)
        #expect(
            try eventually {
                try agent.metric(limit.replacing("limit", with: "unreclaimable")) ?? .infinity < 50 * 1_048_576
            })
    }
}
