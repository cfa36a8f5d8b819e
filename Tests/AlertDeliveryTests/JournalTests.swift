import AlertDelivery
import Alerting
import Foundation
import Logging
import TestSupport
import Testing

@Suite struct JournalTests {
    private let directory: TemporaryDirectory
    private let port: UInt16
    private var path: String { directory.path + "/deliveries.jsonl" }
    /// Nobody is there, until a receiver is started.
    private var settings: DeliverySettings { .to("http://127.0.0.1:\(port)/hook") }

    init() throws {
        directory = try TemporaryDirectory()
        port = try LoopbackPort.free()
    }

    @Test func whatWaitedAtTheEndIsDeliveredFirstAndInOrder() async throws {
        try await leave([.fired(1), .escalated(1), .resolved(1), .fired(2)])
        let receiver = try WebhookReceiver("200", port: port)
        try await DeliveryScene.run(settings, journal: path) { scene in
            await scene.deliverer.report([.fired(3)], active: [])
            let requests = try receiver.requests(4)
            #expect(requests.map(\.body.alert.id) == [1, 1, 2, 3].map { "leak:\($0):815" })
            #expect(requests.map(\.body.event) == ["fired", "resolved", "fired", "fired"])
            #expect(requests[1].body.reason == "the process has ended, or isn't watched any more")
        }
        try await DeliveryScene.run(settings, journal: path) { scene in
            #expect(scene.deliverer.reports.first?.counters.pending == 0)
        }
    }

    @Test func whatIsRefusedIsNotTriedAfterARestart() async throws {
        let receiver = try WebhookReceiver("400", port: port)
        try await DeliveryScene.run(settings, journal: path) { scene in
            await scene.deliverer.report([.fired(1)], active: [])
            _ = try await scene.report { $0.failed == 1 }
        }
        try await DeliveryScene.run(settings, journal: path) { scene in
            #expect(scene.deliverer.reports.first?.counters.pending == 0)
        }
        #expect(receiver.count == 1)
    }

    @Test func aDestinationThatIsNotConfiguredAnyMoreGetsNothingLater() async throws {
        try await leave([.fired(1), .fired(2)])
        let other = DeliverySettings.to("http://127.0.0.1:\(try LoopbackPort.free())/hook")
        try await DeliveryScene.run(other, journal: path) { scene in
            #expect(
                scene.log.lines.contains {
                    $0.hasPrefix("pending alerts of destinations") && $0.hasSuffix("alerts=2")
                })
            #expect(scene.deliverer.reports.first?.counters.pending == 0)
        }
        try await DeliveryScene.run(settings, journal: path) { scene in
            #expect(scene.deliverer.reports.first?.counters.pending == 0)
        }
    }

    @Test func aLineThatWasWrittenInPartIsLeftOut() async throws {
        try await leave([.fired(1), .fired(2)])
        let whole = try Data(contentsOf: URL(filePath: path))
        try whole.dropLast(20).write(to: URL(filePath: path))
        try await DeliveryScene.run(settings, journal: path) { scene in
            #expect(scene.deliverer.reports.first?.counters.pending == 1)
            #expect(!scene.log.lines.contains { $0.contains("can't be read") })
            await scene.deliverer.report([.fired(3)], active: [])
        }
        let receiver = try WebhookReceiver("200", port: port)
        try await DeliveryScene.run(settings, journal: path) { _ async throws in
            #expect(try receiver.requests(2).map(\.body.alert.id) == ["leak:1:815", "leak:3:815"])
        }
    }

    @Test func hostileLinesAreLeftOutAndCounted() async throws {
        try await leave([.fired(1), .fired(2)])
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        let hostile = [
            "", "null", "{}", "\u{0}\u{1B}", String(repeating: "[", count: 100_000), "{\"destination\": \"x\"}",
            lines[0].replacing("leak:1:815", with: "leak:\\r\\nInjected: 1"),
            lines[0].replacing("fired", with: "exploded"),
        ]
        try Data((hostile + [lines[1]] + ["\u{FFFD}", ""]).joined(separator: "\n").utf8).write(to: URL(filePath: path))
        let receiver = try WebhookReceiver("200", port: port)
        try await DeliveryScene.run(settings, journal: path) { scene async throws in
            #expect(scene.log.lines.first?.hasSuffix("lines=8") == true, "\(scene.log.lines)")
            #expect(try receiver.request().body.alert.id == "leak:2:815")
            #expect(scene.deliverer.reports.first?.counters.retried == 0)
        }
    }

    @Test func damageAnywhereCrashesNothing() async throws {
        try await leave((1...20).map { .fired($0) })
        let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var random = SeededGenerator(state: UInt64.random(in: 0...UInt64.max))
        for _ in 0..<200 {
            var damaged = whole
            for _ in 0..<10 { damaged[Int.random(in: 0..<whole.count, using: &random)] = .random(in: 0...255) }
            try Data(damaged).write(to: URL(filePath: path))
            let scene = DeliveryScene(journal: path)
            try await scene.deliverer.apply(settings)
            #expect(scene.deliverer.reports.first.map { $0.counters.pending <= 20 } == true)
        }
    }

    @Test func itStaysSmallWhileAlertsComeAndGo() async throws {
        let receiver = try WebhookReceiver("200", port: port)
        let journal = DeliveryJournal(path: path, logger: Logger(label: "test"), limit: 10_000)
        let deliverer = AlertDeliverer(identity: .test, logger: Logger(label: "test"), journal: journal)
        try await deliverer.apply(settings)
        let running = Task { await deliverer.run() }
        for number in 1...100 as ClosedRange<Int32> {
            await deliverer.report([.fired(number)], active: [])
            _ = try receiver.request()
        }
        await deliverer.shutdown(within: .seconds(20))
        await running.value
        let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        #expect(size <= 10_000)
    }

    @Test(arguments: ["missing/deliveries.jsonl", "/proc/deliveries.jsonl", "."])
    func aFileThatCannotBeWrittenIsToldOnceAndAlertsAreDelivered(name: String) async throws {
        let path = name.hasPrefix("/") ? name : directory.path + "/" + name
        let receiver = try WebhookReceiver("200", port: port)
        try await DeliveryScene.run(settings, journal: path) { scene async throws in
            await scene.deliverer.report((1...10).map { .fired($0) }, active: [])
            #expect(try receiver.requests(10).count == 10)
            #expect(scene.log.lines.count { $0.hasPrefix("the journal of deliveries can't be written") } == 1)
        }
    }

    @Test func aFileThatCanBeWrittenAgainHasAllThatWaits() async throws {
        let path = directory.path + "/later/deliveries.jsonl"
        try await DeliveryScene.run(settings, journal: path) { scene in
            await scene.deliverer.report([.fired(1)], active: [])
            try directory.write("", to: "later/other")
            await scene.deliverer.report([.fired(2)], active: [])
        }
        try await DeliveryScene.run(settings, journal: path) { scene in
            #expect(scene.deliverer.reports.first?.counters.pending == 2)
        }
    }

    @Test func itTellsNoSecretOfAnAddress() async throws {
        let secret = DeliverySettings.to("http://me:secret@127.0.0.1:\(port)/token")
        try await DeliveryScene.run(secret, journal: path) { scene in
            await scene.deliverer.report([.fired(1)], active: [])
        }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("leak:1:815"))
        for word in ["secret", "token", "127.0.0.1"] { #expect(!text.contains(word)) }
    }

    /// Ends a run before anybody was there to take the events.
    private func leave(_ events: [AlertEvent]) async throws {
        try await DeliveryScene.run(settings, journal: path) { scene in
            await scene.deliverer.report(events, active: [])
        }
    }
}
