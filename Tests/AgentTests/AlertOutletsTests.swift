import AgentState
import Alerting
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Agent

@Suite struct AlertOutletsTests {
    private static func event(_ number: Int32) -> AlertEvent {
        let subject = AlertSubject(group: "redis", process: number, command: "redis-server", startTicks: 815)
        let alert = Alert(
            id: "leak:\(number):815", type: .leak, subject: subject, state: .active, severity: .warning, value: 4096,
            threshold: 0, since: 1_790_000_000, resolvedAt: nil, evidence: "grew", recommendation: "See what grows.")
        return AlertEvent(.fired, alert, at: 1_790_000_000)
    }

    /// The numbers of the processes whose alerts were kept, in the order of their coming.
    private final class Kept: Sendable {
        private let numbers = Mutex<[Int32]>([])

        var all: [Int32] { numbers.withLock { $0 } }

        func keep(_ events: [AlertEvent]) {
            numbers.withLock { $0 += events.compactMap(\.alert.subject.process) }
        }
    }

    private let gate = LogGate(at: "the journal of deliveries can't be written")

    private func outlets() async throws -> AlertOutlets {
        let outlets = AlertOutlets(stateDirectory: "/proc/missing", alertLog: gate.logger, log: gate.logger)
        var settings = DeliverySettings()
        settings.webhooks = ["http://127.0.0.1:\(try LoopbackPort.free())/hook"]
        try await outlets.apply(settings)
        return outlets
    }

    /// A disk that hangs is here a log that doesn't come back from the journal's complaint.
    @Test(.timeLimit(.minutes(1)))
    func `A journal whose disk hangs holds up no look, and comes before the store`() async throws {
        let outlets = try await outlets()
        let kept = Kept()
        outlets.report([Self.event(1)], active: []) { kept.keep($0) }
        await gate.reached()
        outlets.report([Self.event(2)], active: []) { kept.keep($0) }
        outlets.report([], active: []) { kept.keep($0) }
        #expect(kept.all.isEmpty)
        #expect(outlets.destinations.map(\.pending) == [1])
        #expect(outlets.counts.failed == ["webhook": 0])
        gate.open()
        await outlets.settle()
        #expect(kept.all == [1, 2])
        #expect(outlets.destinations.map(\.pending) == [2])
        #expect(gate.lines.count { $0 == "alert fired" } == 2)
    }

    @Test(.timeLimit(.minutes(1))) func `What can't wait any longer is said and kept`() async throws {
        let outlets = try await outlets()
        let kept = Kept()
        outlets.report([Self.event(0)], active: []) { kept.keep($0) }
        await gate.reached()
        outlets.report((1...5000).map(Self.event), active: []) { kept.keep($0) }
        #expect(kept.all.isEmpty)
        outlets.report([Self.event(5001)], active: []) { kept.keep($0) }
        #expect(kept.all == [1])
        #expect(outlets.counts.failed == ["webhook": 1])
        #expect(gate.lines.count { $0.hasPrefix("alerts are dropped") } == 1)
        gate.open()
        await outlets.settle()
        #expect(kept.all == [1, 0] + Array(2...5001))
    }
}
