import Alerting
import Foundation
import Logging
import SystemSupport
import TestSupport
import Testing

@testable import AlertDelivery

@Suite struct AlertLogTests {
    private let recorded = RecordedLog()
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func writesOneLineOfJSONPerEventBehindWhatIsThere() async throws {
        try directory.write("before\n", to: "alerts.json")
        let log = log(to: "alerts.json")
        log.write([.fired(1), .resolved(1)])
        await log.settle()
        let lines = try lines(of: "alerts.json")
        #expect(lines.first == "before")
        #expect(try lines.dropFirst().map { try event($0) } == ["fired", "resolved"])
    }

    @Test func hostileNamesStayOnTheirLine() async throws {
        let name = "a\nb\r\u{85}\u{2028}\u{0}\u{1B}[2J\"}"
        let log = log(to: "alerts.json")
        log.write([AlertEvent(.fired, .leak(command: name), at: 1_790_000_000)])
        await log.settle()
        let lines = try lines(of: "alerts.json")
        let document = try JSONDecoder().decode(WebhookReceiver.Request.Body.self, from: Data(lines[0].utf8))
        #expect(lines.count == 1)
        #expect(document.alert.command == name)
    }

    @Test func reopensAfterItsFileWasMovedAway() async throws {
        let log = log(to: "alerts.json")
        log.write([.fired(1)])
        await log.settle()
        let path = directory.path + "/alerts.json"
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        log.write([.fired(2)])
        log.reopen(path)
        log.write([.fired(3)])
        await log.settle()
        #expect(try lines(of: "alerts.json.1").count == 2)
        #expect(try lines(of: "alerts.json").count == 1)
    }

    @Test func aFileThatCannotBeWrittenIsToldOnceAndUsedWhenItCan() async throws {
        let log = log(to: "missing/alerts.json")
        for number in 1...10 as ClosedRange<Int32> { log.write([.fired(number)]) }
        await log.settle()
        #expect(log.unwritten == 10)
        #expect(recorded.lines.count == 1)
        #expect(recorded.lines.first?.contains("No such file or directory") == true)
        try directory.write("", to: "missing/other")
        log.write([.fired(11)])
        await log.settle()
        #expect(try lines(of: "missing/alerts.json").count == 1)
        #expect(recorded.lines.last == "the alert log is written again missing=10")
    }

    @Test func aFullDiskIsToldOnce() async {
        let log = AlertLog(path: "/dev/full", identity: .test, logger: logger)
        log.write([.fired(1), .fired(2)])
        await log.settle()
        #expect(log.unwritten == 2)
        #expect(
            recorded.lines == [
                "the alert log can't be written reason=can't write /dev/full: No space left on device; free some space, or name a file elsewhere"
            ])
    }

    @Test func `A file that can't be made again has a remedy`() {
        let reason = AlertLog.reason(.failed(.open, path: "/var/log/alerts.json", errno: EACCES))
        #expect(reason.contains("Permission denied; name a file elsewhere, have it made for user \(geteuid())"))
        #expect(reason.contains("`copytruncate`), or restart the agent"))
        #expect(!AlertLog.reason(.failed(.open, path: "/x", errno: ENOENT)).contains("restart"))
    }

    /// A disk that hangs is here a log that doesn't come back from the complaint about the first line.
    @Test(.timeLimit(.minutes(1))) func aFileThatHangsHoldsNobodyUpAndCountsWhatItMisses() async throws {
        let gate = LogGate(at: "the alert log can't be written")
        let log = AlertLog(
            path: directory.path + "/missing/alerts.json", identity: .test, logger: gate.logger, maximumPending: 3)
        log.write([.fired(0)])
        await gate.reached()
        try directory.write("", to: "missing/other")
        for number in 1...10 as ClosedRange<Int32> { log.write([.fired(number)]) }
        #expect(log.unwritten == 8, "the first, and those for which there is no room")
        #expect(gate.lines.count { $0.contains("disk hangs") } == 1)
        gate.open()
        await log.settle()
        #expect(log.unwritten == 8)
        #expect(try lines(of: "missing/alerts.json").count == 3)
    }

    private var logger: Logger {
        let recorded = recorded
        return Logger(label: "test") { _ in recorded }
    }

    private func log(to path: String) -> AlertLog {
        AlertLog(path: directory.path + "/" + path, identity: .test, logger: logger)
    }

    private func lines(of path: String) throws -> [String] {
        try String(contentsOfFile: directory.path + "/" + path, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }

    private func event(_ line: String) throws -> String {
        try JSONDecoder().decode(WebhookReceiver.Request.Body.self, from: Data(line.utf8)).event
    }
}

extension AgentIdentity {
    static let test = AgentIdentity(host: "db1", version: "1.2.3")
}
