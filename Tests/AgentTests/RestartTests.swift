import Foundation
import Synchronization
import TestSupport
import Testing

/// What the agent notifies of after it was killed, and after a reboot.
@Suite struct RestartTests {
    /// A webhook's receiver that is away until the test lets it answer.
    private final class Receiver: Sendable {
        private struct Received: Decodable {
            struct Alert: Decodable {
                let type: String
                let pid: Int32?
            }
            let event: String
            let resolution: String?
            let alert: Alert
        }

        private struct State {
            var isThere = false
            var received: [Received] = []
        }

        private let state = Mutex(State())

        func answer(_ request: HTTPRequest) -> HTTPResponse {
            state.withLock { state in
                guard state.isThere, let received = try? JSONDecoder().decode(Received.self, from: request.body) else {
                    return HTTPResponse(status: 503)
                }
                state.received.append(received)
                return HTTPResponse(status: 200)
            }
        }

        func come() { state.withLock { $0.isThere = true } }

        /// Transitions and resolutions of the alerts of a type and of no or one process.
        func events(of type: String, _ process: Int32? = nil) -> [String] {
            state.withLock { state in
                state.received.filter { $0.alert.type == type && $0.alert.pid == process }
                    .map { "\($0.event) \($0.resolution ?? "")" }
            }
        }
    }

    private let state: TemporaryDirectory
    private let receiver: Receiver
    private let responder: HTTPResponder
    /// Every host uses some memory, and every process has a descriptor open.
    private let settings: [String]

    init() throws {
        state = try TemporaryDirectory()
        let receiver = Receiver()
        responder = try HTTPResponder { receiver.answer($0) }
        self.receiver = receiver
        settings = [
            "alerts.host_memory.warning.above=0.000001", "alerts.host_memory.warning.for=0s",
            "alerts.descriptors.warning.above=0.00000001", "alerts.descriptors.warning.for=0s",
            "alerts.descriptors.minimum=0", "alerts.quotas.per_user=1000", "alerts.quotas.per_group=1000",
            "alerts.quotas.per_type=1000",
            "delivery.webhooks=http://\(responder.address)/hook",
        ]
    }

    /// Waits until it is known, on disk as well, that all was delivered.
    private func waitForDeliveries(of agent: AgentProcess) throws {
        let areDelivered = try eventually {
            try agent.metric("sonde_notifications_pending{destination=\"webhook\"}") == 0
        }
        #expect(areDelivered, "\(agent.log)")
        try agent.waitForLooks()
    }

    /// Until what was found so far is on disk: a kill at the very moment of a delivery may repeat it.
    @Test func `What a killed agent had yet to deliver comes from the next, once`() throws {
        let killed = try AgentProcess(state: state.path, settings: settings)
        #expect(try eventually { try killed.metric("sonde_alerts_fired_total") ?? 0 > 1 })
        try killed.waitForLooks()
        killed.child.kill()
        receiver.come()
        let next = try AgentProcess(state: state.path, settings: settings)
        #expect(eventually { receiver.events(of: "host_memory") == ["fired "] }, "\(next.log)")
        try waitForDeliveries(of: next)
        next.child.kill()
        let last = try AgentProcess(state: state.path, settings: settings)
        #expect(try eventually { try last.metric("sonde_collections_total") ?? 0 > 5 })
        #expect(receiver.events(of: "host_memory") == ["fired "])
    }

    @Test func `What was notified before the store was recreated is not notified again`() throws {
        receiver.come()
        let before = try AgentProcess(state: state.path, settings: settings)
        #expect(eventually { receiver.events(of: "host_memory") == ["fired "] }, "\(before.log)")
        try waitForDeliveries(of: before)
        // Not the directory: an agent that has given up root's rights couldn't make another.
        // The database after its log, which an agent removes that finds the database missing.
        for file in try FileManager.default.contentsOfDirectory(atPath: state.path).sorted(by: >) {
            try FileManager.default.removeItem(atPath: state.path + "/" + file)
        }
        #expect(
            try eventually {
                try before.metric("sonde_store_errors_total") ?? 0 > 0 && before.metric("sonde_store_working") == 1
            }, "\(before.log)")
        try before.waitForLooks()
        before.child.kill()
        let after = try AgentProcess(state: state.path, settings: settings)
        try after.waitForLooks()
        #expect(receiver.events(of: "host_memory") == ["fired "], "\(after.log)")
    }

    @Test(.enabled(if: geteuid() == 0)) func `A reboot ends the alerts of processes and of nothing else`() throws {
        receiver.come()
        let before = try AgentProcess(state: state.path, settings: settings)
        #expect(eventually { receiver.events(of: "descriptors", getpid()) == ["fired "] }, "\(before.log)")
        try waitForDeliveries(of: before)
        before.child.kill()
        try state.write("another boot\n", to: "boot_id")
        let mount = "mount --bind \(state.path)/boot_id /proc/sys/kernel/random/boot_id && exec \"$@\""
        let after = try AgentProcess(
            state: state.path, settings: settings, prefix: ["unshare", "--mount", "sh", "-c", mount, "sh"])
        #expect(
            eventually { receiver.events(of: "descriptors", getpid()) == ["fired ", "resolved ended", "fired "] },
            "\(after.log)")
        #expect(!receiver.events(of: "host_memory").contains { $0.hasPrefix("resolved") })
    }
}
