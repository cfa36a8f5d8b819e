import Foundation
import TestSupport
import Testing

/// What the agent's API says of the past: of what died, of earlier runs, and while the disk fails.
@Suite struct HistoryTests {
    private struct Alerts: Decodable {
        struct Alert: Decodable {
            let type: String
            let pid: Int32?
        }
        let total: Int?
        let storeFailure: String?
        let alerts: [Alert]
    }

    private struct Dashboard: Decodable {
        let alertsResolved: [Alerts.Alert]
    }

    private struct Memory: Decodable {
        let currentBytes: UInt64?
        let truncated: Bool
        let storeFailure: String?
        let pointsTotal: Int
    }

    private let place: TemporaryDirectory
    private var state: String { place.path + "/state" }
    /// Every process has a descriptor open.
    private static let alerting = [
        "alerts.descriptors.warning.above=0.00000001", "alerts.descriptors.warning.for=0s",
        "alerts.descriptors.minimum=0", "alerts.quotas.per_user=1000", "alerts.quotas.per_group=1000",
        "alerts.quotas.per_type=1000",
        "alerts.descriptors.clear_for=0s",
    ]

    init() throws { place = try TemporaryDirectory() }

    /// Where nothing is known of alerts that ended, none has.
    private func isResolved(_ process: Int32, by agent: AgentProcess) throws -> Bool {
        let path = "/api/v1/alerts?state=resolved&limit=1000"
        guard try agent.get(path).status == 200 else { return false }
        return try agent.get(path, as: Alerts.self).alerts.contains { $0.pid == process }
    }

    private func points(_ path: String, of agent: AgentProcess) throws -> Int {
        try agent.get(path).status == 200 ? agent.get(path, as: Memory.self).pointsTotal : 0
    }

    @Test func `The history of a group that ended is kept, and a restart loses no alert that ended`() throws {
        let agent = try AgentProcess(
            state: state, settings: Self.alerting + ["watch.group_grace=0s", "alerts.resolved_limit=1000"])
        let program = try TestProgram("calibrated")
        let path = "/api/v1/groups/calibrated/memory"
        #expect(try eventually { try points(path, of: agent) > 2 })
        #expect(try agent.get(path, as: Memory.self).currentBytes ?? 0 > 0)
        let number = program.pid
        program.kill()
        #expect(try eventually { try agent.metric("sonde_group_processes{groupname=\"calibrated\"}") == nil })
        let gone = try agent.get(path, as: Memory.self)
        #expect(gone.currentBytes == nil && gone.pointsTotal > 2 && !gone.truncated && gone.storeFailure == nil)
        #expect(try agent.get("/api/v1/groups/never-there/memory").status == 404)
        #expect(try eventually { try isResolved(number, by: agent) })
        try agent.waitForLooks()
        agent.child.kill()

        let next = try AgentProcess(state: state, settings: ["alerts.resolved_limit=1000"])
        let dashboard = try next.get("/api/v1/metrics/dashboard", as: Dashboard.self)
        #expect(dashboard.alertsResolved.contains { $0.pid == number })
        #expect(try next.get(path, as: Memory.self).pointsTotal > 2)
    }

    /// Puts something in the way of the store, and waits until it fails.
    private func breakStore(of agent: AgentProcess) throws {
        // The agent may remove files of the store meanwhile, once it finds others missing.
        try FileManager.default.moveItem(atPath: state, toPath: state + "-gone")
        try place.write("in the way", to: "state")
        #expect(try eventually { try agent.metric("sonde_store_working") == 0 })
    }

    @Test func `While the store can't be read, what memory has is marked as such, and else nothing is shown`() throws {
        let agent = try AgentProcess(state: state)
        let program = try TestProgram("calibrated")
        let path = "/api/v1/groups/calibrated/memory"
        #expect(try eventually { try points(path, of: agent) > 2 })
        try breakStore(of: agent)
        for path in ["/api/v1/alerts?state=resolved", "/api/v1/groups/never-there/memory"] {
            let nothing = try agent.get(path)
            #expect(nothing.status == 503 && nothing.text.contains("store_unavailable"), "\(nothing.text)")
        }
        #expect(try eventually { try points(path, of: agent) > 0 })
        let rest = try agent.get(path, as: Memory.self)
        #expect(rest.truncated && rest.storeFailure != nil)
        withExtendedLifetime(program) {}
    }

    @Test func `While the store can't be read, alerts that ended in this run are shown`() throws {
        let agent = try AgentProcess(state: state, settings: Self.alerting + ["alerts.resolved_limit=1000"])
        try breakStore(of: agent)
        let program = try TestProgram("calibrated")
        let number = program.pid
        func isAlerted() throws -> Bool {
            try agent.get("/api/v1/alerts?limit=1000", as: Alerts.self).alerts.contains { $0.pid == number }
        }
        #expect(try eventually { try isAlerted() })
        program.kill()
        #expect(try eventually { try isResolved(number, by: agent) })
        let remembered = try agent.get("/api/v1/alerts?state=resolved", as: Alerts.self)
        #expect(remembered.total == nil && remembered.storeFailure != nil)
    }
}
