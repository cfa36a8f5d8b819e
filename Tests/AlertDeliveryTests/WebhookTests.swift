import AlertDelivery
import Alerting
import TestSupport
import Testing

@Suite struct WebhookTests {
    @Test func tellsWhoWhatSinceWhenAndWhatToDo() async throws {
        let receiver = try WebhookReceiver("200")
        try await DeliveryScene.run(.to(receiver.url)) { scene in
            await scene.deliverer.report([.fired()], active: [])
            let request = try receiver.request()
            #expect(request.path == "/hook")
            #expect(request.headers["content-type"] == "application/json")
            #expect(request.headers["user-agent"] == "sonde/1.2.3")
            #expect(request.headers["idempotency-key"] == request.body.key)
            #expect(request.body.event == "fired")
            #expect(request.body.host == "db1")
            #expect(request.body.time == "2026-09-21T14:13:20.000Z")
            #expect(request.body.alert.evidence == "grew 312 MiB in 6 h, full in 14 h")
            #expect(request.body.alert.resolved_at == nil)
            await scene.deliverer.report([.resolved()], active: [])
            let second = try receiver.request()
            #expect(second.body.reason == "the process has ended, or isn't watched any more")
            #expect(second.body.alert.resolved_at == "2026-09-21T14:14:20.000Z")
        }
    }

    @Test func aReceiverThatFailsThreeTimesGetsEachEventOnceAfterThatInOrder() async throws {
        let receiver = try WebhookReceiver("500", "500", "500", "200")
        try await DeliveryScene.run(.to(receiver.url)) { scene in
            let numbers = Array(1...20 as ClosedRange<Int32>)
            await scene.deliverer.report(numbers.map { .fired($0) }, active: [])
            let report = try await scene.report { $0.delivered == 20 }
            #expect(report?.counters.retried == 3)
            let requests = try receiver.requests(23)
            #expect(Set(requests.prefix(4).map(\.body.key)).count == 1)
            #expect(requests.dropFirst(3).map(\.body.alert.id) == numbers.map { "leak:\($0):815" })
            #expect(scene.log.lines.map { $0.prefix(20) } == ["alerts can't be deli", "alerts are delivered"])
        }
        #expect(receiver.count == 23)
    }

    @Test func aReceiverThatIsAwayIsServedWhenItComes() async throws {
        let port = try LoopbackPort.free()
        try await DeliveryScene.run(.to("http://127.0.0.1:\(port)/hook")) { scene in
            await scene.deliverer.report([.fired(1), .fired(2)], active: [])
            let waiting = try await scene.report { $0.retried >= 3 }
            #expect(waiting?.isUp == false)
            let receiver = try WebhookReceiver("200", port: port)
            #expect(try receiver.request().body.alert.id == "leak:1:815")
            #expect(try receiver.request().body.alert.id == "leak:2:815")
            #expect(try await scene.report { $0.delivered == 2 }?.isUp == true)
            #expect(scene.log.lines.count == 2)
        }
    }

    @Test(arguments: ["hang", "close", "later"]) func anAttemptThatGetsNoAnswerIsRepeated(action: String) async throws {
        let receiver = try WebhookReceiver(action, action, "200")
        var settings = DeliverySettings.to(receiver.url)
        settings.timeout = 1.5
        try await DeliveryScene.run(settings) { scene in
            await scene.deliverer.report([.fired()], active: [])
            let report = try await scene.report { $0.delivered == 1 }
            #expect(report?.counters.retried == 2)
            #expect(Set(try receiver.requests(3).map(\.body.key)).count == 1)
        }
    }

    @Test(arguments: ["400", "413", "422", "drip"])
    func aRefusalIsFinalAndDoesNotHoldUpTheNext(action: String) async throws {
        let receiver = try WebhookReceiver(action, "200")
        try await DeliveryScene.run(.to(receiver.url)) { scene in
            await scene.deliverer.report([.fired(1), .fired(2)], active: [])
            let report = try await scene.report { $0.delivered == 1 }
            #expect(report?.counters.failed == 1)
            #expect(report?.counters.retried == 0)
            #expect(try receiver.request().body.alert.id == "leak:1:815")
            let second = try receiver.request()
            #expect(second.body.alert.id == "leak:2:815")
            #expect(second.path == "/hook")
            #expect(scene.log.lines.first?.hasPrefix("alerts are refused") == true)
        }
    }

    @Test(arguments: ["401", "403", "404", "407", "redirect"])
    func whatSpeaksOfTheAddressAndNotOfTheEventLosesNothing(action: String) async throws {
        let receiver = try WebhookReceiver(action, action, "200")
        try await DeliveryScene.run(.to(receiver.url)) { scene in
            await scene.deliverer.report([.fired(1), .fired(2)], active: [])
            let report = try await scene.report { $0.delivered == 2 }
            #expect(report?.counters.failed == 0)
            #expect(report?.counters.retried == 2)
            let requests = try receiver.requests(4)
            #expect(requests.map(\.body.alert.id) == [1, 1, 1, 2].map { "leak:\($0):815" })
            #expect(requests.allSatisfy { $0.path == "/hook" })
            #expect(scene.log.lines.count == 2)
            let number = action == "redirect" ? "307" : action
            #expect(scene.log.lines.first?.contains("reason=\(number) ") == true, "\(scene.log.lines)")
        }
    }

    @Test func anEventThatAlwaysFailsIsGivenUpInTheEnd() async throws {
        let receiver = try WebhookReceiver("500", "500", "500", "500", "200")
        try await DeliveryScene.run(.to(receiver.url), retry: .init(first: 0.01, longest: 0.01, faults: 4)) { scene in
            await scene.deliverer.report([.fired(1), .fired(2)], active: [])
            let counters = try await scene.report { $0.delivered == 1 }?.counters
            #expect(counters?.failed == 1)
        }
    }

    @Test func anEndlessAnswerThatAcceptsIsADelivery() async throws {
        let receiver = try WebhookReceiver("endless")
        try await DeliveryScene.run(.to(receiver.url)) { scene async throws in
            await scene.deliverer.report([.fired(1), .fired(2), .fired(3)], active: [])
            #expect(try await scene.report { $0.delivered == 3 }?.counters.retried == 0)
            #expect(try receiver.requests(3).map(\.body.alert.id) == ["leak:1:815", "leak:2:815", "leak:3:815"])
        }
    }

    @Test func aDestinationThatHangsDoesNotHoldUpTheOthers() async throws {
        let (hanging, quick) = (try WebhookReceiver("hang"), try WebhookReceiver("200"))
        var settings = DeliverySettings.to(hanging.url)
        settings.webhooks.append(quick.url)
        try await DeliveryScene.run(settings) { scene in
            await scene.deliverer.report((1...50).map { .fired($0) }, active: [])
            let served = try await scene.report(of: "webhook 127.0.0.1:\(quick.port)") { $0.delivered == 50 }
            #expect(served?.counters.delivered == 50)
            let other = try await scene.report(of: "webhook 127.0.0.1:\(hanging.port)") { _ in true }
            #expect(other?.counters.delivered == 0)
            #expect(other?.counters.pending == 50)
        }
    }

    @Test func userAndPasswordOfTheAddressAreSentAndNotShown() async throws {
        let receiver = try WebhookReceiver("200")
        try await DeliveryScene.run(.to("http://me:secret@127.0.0.1:\(receiver.port)/token")) { scene in
            await scene.deliverer.report([.fired()], active: [])
            let request = try receiver.request()
            #expect(request.headers["authorization"] == "Basic bWU6c2VjcmV0")
            #expect(scene.deliverer.reports.map(\.name) == ["webhook 127.0.0.1:\(receiver.port)"])
        }
    }

    @Test func aPlainServerBehindAnHTTPSAddressGetsNothing() async throws {
        let receiver = try WebhookReceiver("200")
        try await DeliveryScene.run(.to("https://127.0.0.1:\(receiver.port)/hook")) { scene async throws in
            await scene.deliverer.report([.fired()], active: [])
            #expect(try await scene.report { $0.retried >= 2 }?.counters.delivered == 0)
        }
        #expect(receiver.count == 0)
    }
}

extension DeliverySettings {
    static func to(_ webhook: String) -> DeliverySettings {
        var settings = DeliverySettings()
        settings.webhooks = [webhook]
        return settings
    }
}
