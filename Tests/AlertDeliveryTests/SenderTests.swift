import Foundation
import TestSupport
import Testing

/// A process that delivers, and is killed.
@Suite struct SenderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func whatAKilledProcessHadYetToDeliverIsDeliveredByTheNextWithTheSameKey() throws {
        let port = try LoopbackPort.free()
        let killed = try sender(3, to: ["http://127.0.0.1:\(port)/hook"])
        let keys = try queuedKeys(of: killed)
        #expect(keys.count == 3)
        killed.kill()
        let receiver = try WebhookReceiver("200", port: port)
        let next = try sender(0, to: [receiver.url])
        let requests = try receiver.requests(3)
        #expect(requests.map(\.body.key) == keys)
        #expect(requests.map { $0.headers["idempotency-key"] } == keys)
        next.closeInput()
        #expect(try next.exitStatus() == .exited(0))
        let third = try sender(1, to: [receiver.url])
        #expect(try receiver.request().body.key == queuedKeys(of: third).first, "nothing is delivered twice")
    }

    @Test func whatWasOnItsWayWhenTheProcessWasKilledIsRepeatedWithTheSameKey() throws {
        let receiver = try WebhookReceiver("hang", "200")
        let killed = try sender(2, to: [receiver.url])
        let keys = try queuedKeys(of: killed)
        #expect(try receiver.request().body.key == keys[0])
        killed.kill()
        let next = try sender(0, to: [receiver.url])
        #expect(try receiver.requests(2).map(\.body.key) == keys)
        withExtendedLifetime(next) {}
    }

    @Test func killAtAnyMomentLosesNothingThatWasQueued() throws {
        let receiver = try WebhookReceiver("200")
        var random = SeededGenerator(state: UInt64.random(in: 0...UInt64.max))
        var queued: [String] = []
        for _ in 0..<30 {
            let sender = try sender(10_000, to: [receiver.url])
            _ = try sender.line()
            usleep(UInt32.random(in: 0..<50_000, using: &random))
            sender.kill()
            sender.waitForOutput()
            let lines = String(decoding: sender.standardOutput, as: UTF8.self).split(
                separator: "\n", omittingEmptySubsequences: false)
            // The last one may be there in part only.
            queued += lines.dropLast().map(String.init)
        }
        let last = try sender(0, to: [receiver.url])
        var missing = Set(queued)
        #expect(missing.count > 100)
        while !missing.isEmpty { missing.remove(try receiver.request().body.key) }
        last.closeInput()
        #expect(try last.exitStatus() == .exited(0))
    }

    @Test(arguments: [0, 1, 3]) func allDestinationsShareOneThreadAndWithoutAnyThereIsNone(count: Int) throws {
        let receivers = try (0..<count).map { _ in try WebhookReceiver("200") }
        let sender = try sender(1, to: receivers.map(\.url))
        let keys = try queuedKeys(of: sender)
        for receiver in receivers { #expect(try receiver.request().body.key == keys[0]) }
        let tasks = "/proc/\(sender.pid)/task"
        let names = try FileManager.default.contentsOfDirectory(atPath: tasks).map {
            try String(contentsOfFile: "\(tasks)/\($0)/comm", encoding: .utf8)
        }
        #expect(names.count { $0.hasPrefix("NIO") } == min(count, 1), "\(names)")
    }

    private func sender(_ count: Int, to urls: [String]) throws -> Child {
        let program = Locations.products.appending(path: "alert-sender").path
        return try Child([program, "\(directory.path)/deliveries.jsonl", "\(count)"] + urls)
    }

    /// Of the alerts that it has queued.
    private func queuedKeys(of sender: Child) throws -> [String] {
        var keys: [String] = []
        while true {
            let line = try sender.line()
            if line == "ready" { return keys }
            keys.append(line)
        }
    }
}
