import AlertDelivery
import Alerting
import TestSupport
import Testing

@Suite struct DelivererTests {
    @Test func shuttingDownFlushesWhatWaits() async throws {
        let receiver = try WebhookReceiver("200")
        let scene = DeliveryScene()
        try await scene.deliverer.apply(.to(receiver.url))
        await scene.deliverer.report((1...20).map { .fired($0) }, active: [])
        await scene.deliverer.shutdown(within: .seconds(20))
        await scene.deliverer.run()
        #expect(try receiver.requests(20).count == 20)
        #expect(scene.deliverer.reports.first?.counters.delivered == 20)
    }

    @Test(arguments: ["hang", "500", "later"]) func shuttingDownGivesUpInTimeAndCounts(action: String) async throws {
        let receiver = try WebhookReceiver(action)
        let scene = DeliveryScene(retry: .standard)
        try await scene.deliverer.apply(.to(receiver.url))
        let running = Task { await scene.deliverer.run() }
        await scene.deliverer.report((1...20).map { .fired($0) }, active: [])
        _ = try receiver.request()
        let asked = ContinuousClock.now
        await scene.deliverer.shutdown(within: .milliseconds(300))
        await running.value
        // The receiver would hang for an hour, and the first retry would come after a quarter of a second at least.
        #expect(ContinuousClock.now - asked < .seconds(8))
        #expect(scene.deliverer.reports.first?.counters.dropped == 20)
        #expect(scene.deliverer.reports.first?.counters.pending == 0)
    }

    @Test func aDestinationThatIsAwayIsNotTriedAtTheEnd() async throws {
        let receiver = try WebhookReceiver("503", "200")
        let scene = DeliveryScene(retry: RetryPolicy(first: 600, longest: 600, faults: 20))
        try await scene.deliverer.apply(.to(receiver.url))
        let running = Task { await scene.deliverer.run() }
        await scene.deliverer.report([.fired()], active: [])
        _ = try await scene.report { $0.retried == 1 }
        await scene.deliverer.shutdown(within: .seconds(600))
        await running.value
        #expect(receiver.count == 1)
        #expect(scene.deliverer.reports.first?.isUp == false)
        #expect(scene.deliverer.reports.first?.counters.dropped == 1)
    }

    @Test func anAddressThatNeverAnswersDoesNotHoldUpTheEnd() async throws {
        let port = try UnansweredPort()
        let scene = DeliveryScene()
        try await scene.deliverer.apply(.to("http://127.0.0.1:\(port.port)/hook"))
        await scene.deliverer.report([.fired()], active: [])
        let running = Task { await scene.deliverer.run() }
        let asked = ContinuousClock.now
        await scene.deliverer.shutdown(within: .milliseconds(200))
        await running.value
        // The client's own limit for a connection is 10 s.
        #expect(ContinuousClock.now - asked < .seconds(5))
        #expect(scene.deliverer.reports.first?.counters.dropped == 1)
        withExtendedLifetime(port) {}
    }

    /// A disk that hangs is here a log that doesn't come back from the journal's complaint.
    @Test(.timeLimit(.minutes(1))) func howItGoesIsToldWhileTheJournalHangs() async throws {
        let gate = LogGate(at: "the journal of deliveries can't be written")
        let deliverer = AlertDeliverer(
            identity: .test, logger: gate.logger,
            journal: DeliveryJournal(path: "/proc/deliveries.jsonl", logger: gate.logger))
        try await deliverer.apply(.to("http://127.0.0.1:\(try LoopbackPort.free())/hook"))
        let reporting = Task { await deliverer.report([.fired()], active: []) }
        await gate.reached()
        #expect(deliverer.reports.map(\.counters) == [DeliveryCounters()])
        #expect(deliverer.totals == [.webhook: DeliveryCounters()])
        gate.open()
        await reporting.value
        #expect(deliverer.reports.first?.counters.pending == 1)
    }

    @Test func cancellingTheTaskEndsIt() async throws {
        let receiver = try WebhookReceiver("hang")
        let scene = DeliveryScene()
        try await scene.deliverer.apply(.to(receiver.url))
        let running = Task { await scene.deliverer.run() }
        await scene.deliverer.report([.fired()], active: [])
        _ = try receiver.request()
        running.cancel()
        await running.value
        #expect(scene.deliverer.reports.first?.counters.dropped == 1)
    }

    @Test func aQueueThatIsFullDropsTheOldestAndCounts() async throws {
        let port = try LoopbackPort.free()
        var settings = DeliverySettings.to("http://127.0.0.1:\(port)/hook")
        settings.queueLimit = 10
        try await DeliveryScene.run(settings) { scene in
            for number in 1...100 as ClosedRange<Int32> { await scene.deliverer.report([.fired(number)], active: []) }
            let away = try await scene.report { $0.retried > 0 }
            #expect(away.map { $0.counters.dropped >= 89 } == true)
            let receiver = try WebhookReceiver("200", port: port)
            let counters = try #require(try await scene.report { $0.pending == 0 }?.counters)
            #expect(counters.delivered + counters.dropped == 100)
            #expect(counters.delivered <= 11)
            let ids = try receiver.requests(Int(counters.delivered)).map(\.body.alert.id)
            #expect(ids.suffix(9) == (92...100).map { "leak:\($0):815" })
            #expect(scene.log.lines.count { $0.hasPrefix("the oldest pending alerts") } == 1)
        }
    }

    @Test func newSettingsKeepWhatWaitsForADestinationThatStays() async throws {
        let port = try LoopbackPort.free()
        let other = try WebhookReceiver("200")
        let address = "http://127.0.0.1:\(port)/hook"
        try await DeliveryScene.run(.to(address)) { scene in
            await scene.deliverer.report([.fired(1)], active: [])
            var settings = DeliverySettings.to(address)
            settings.webhooks.append(other.url)
            try await scene.deliverer.apply(settings)
            await #expect(throws: DeliveryAddressError.notHTTP(.webhook)) {
                try await scene.deliverer.apply(.to("ftp://example.com"))
            }
            await scene.deliverer.report([.fired(2)], active: [])
            #expect(try other.request().body.alert.id == "leak:2:815")
            let receiver = try WebhookReceiver("200", port: port)
            #expect(try receiver.request().body.alert.id == "leak:1:815")
            #expect(try receiver.request().body.alert.id == "leak:2:815")
            try await scene.deliverer.apply(.to(other.url))
            #expect(scene.deliverer.reports.count == 1)
            await scene.deliverer.report([.fired(3)], active: [])
            #expect(try other.request().body.alert.id == "leak:3:815")
            #expect(receiver.count == 2)
        }
    }

    @Test func theTotalsOfAKindDoNotFallWhenADestinationIsRemoved() async throws {
        let (first, second) = (try WebhookReceiver("200", "400"), try WebhookReceiver("200"))
        try await DeliveryScene.run(.to(first.url)) { scene in
            #expect(scene.deliverer.totals == [.webhook: DeliveryCounters()])
            await scene.deliverer.report([.fired(1), .fired(2)], active: [])
            _ = try await scene.report { $0.failed == 1 }
            try await scene.deliverer.apply(.to(second.url))
            let totals = scene.deliverer.totals
            #expect(totals[.webhook]?.delivered == 1)
            #expect(totals[.webhook]?.failed == 1)
            await scene.deliverer.report([.fired(3)], active: [])
            _ = try await scene.report { $0.delivered == 1 }
            try await scene.deliverer.apply(DeliverySettings())
            #expect(scene.deliverer.totals[.webhook]?.delivered == 2)
            #expect(scene.deliverer.reports.isEmpty)
        }
    }

    @Test(arguments: ["", "localhost:9093", "ftp://x", "http://", "http:///path", "http://a b/"])
    func anAddressThatCannotBeUsedIsRefusedWithARemedy(text: String) {
        do {
            _ = try DeliveryAddress(.alertmanager, text)
            Issue.record("\(text) was taken")
        } catch {
            #expect("\(error)".contains("write it in full"))
            #expect(text.isEmpty || !"\(error)".contains(text + " "))
        }
    }
}
