import AgentConfiguration
import Daemon
import Foundation
import Logging
import TestSupport
import Testing

/// Lines of the log, and what is suppressed or dropped.
@Suite struct LogTests {
    private static let hostile = "a \"b\" =\\ \u{1B}[31m\nlevel=error \u{202E}x\u{2028}\u{0}\u{7F} ü 😀"

    private static func record(_ message: String, _ fields: [(key: String, value: String)] = []) -> LogRecord {
        LogRecord(time: 1_790_000_000.25, level: .warning, label: "watch", message: message, fields: fields)
    }

    @Test func `A line of logfmt`() {
        let line = Self.record("a process leaks", [("pid", "812"), ("group", "redis"), ("empty", "")]).line(.logfmt)
        #expect(
            line == "ts=2026-09-21T14:13:20.250Z level=warning component=watch msg=\"a process leaks\" "
                + "pid=812 group=redis empty=\"\"")
    }

    @Test func `A line of JSON is read back as it was`() throws {
        let line = Self.record(Self.hostile, [("name", Self.hostile), ("a\"b\n", "1")]).line(.json)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(object["msg"] == Self.hostile && object["name"] == Self.hostile && object["a_b_"] == "1")
        #expect(object["ts"] == "2026-09-21T14:13:20.250Z" && object["level"] == "warning")
    }

    @Test(arguments: LogSettings.Format.allCases) func `Hostile text stays on its line`(format: LogSettings.Format) {
        let line = Self.record(Self.hostile, [(Self.hostile, Self.hostile)]).line(format)
        let isHarmless = line.unicodeScalars.allSatisfy {
            ![.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
        }
        #expect(isHarmless && !line.contains { $0.isNewline })
        #expect(Self.record(String(repeating: "x", count: 1 << 20)).line(format).utf8.count < 3000)
    }

    @Test func `Floods are cut, and what was suppressed is reported`() {
        var limiter = LogRateLimiter(burst: 3, length: 60)
        let verdicts = (0..<10).map { limiter.admit("a", at: Double($0)) }
        #expect(verdicts.prefix(3).allSatisfy { $0 == .pass } && verdicts.dropFirst(3).allSatisfy { $0 == .suppress })
        #expect(limiter.admit("b", at: 5) == .pass)
        #expect(limiter.expired(at: 59).isEmpty)
        #expect(limiter.expired(at: 60).map(\.count) == [7])
        #expect(limiter.admit("a", at: 61) == .pass)
        for time in 62..<70 { _ = limiter.admit("a", at: Double(time)) }
        #expect(limiter.finish().map(\.count) == [6])
        #expect(limiter.finish().isEmpty)
    }

    @Test func `Many kinds of messages are bounded, too`() {
        var limiter = LogRateLimiter(burst: 3, length: 60, mostKeys: 10)
        let passed = (0..<1000).count { limiter.admit("kind \($0)", at: 0) == .pass }
        #expect(passed == 13)
        #expect(limiter.finish().map(\.count).reduce(0, +) == 1000 - passed)
    }

    /// What loggers write into a pipe.
    private func written(
        _ settings: LogSettings, _ environment: (stat) -> [String: String] = { _ in [:] }, _ body: (LogSink) -> Void
    ) -> [String] {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        var status = stat()
        unsafe fstat(descriptor, &status)
        let sink = LogSink(settings, descriptor: descriptor, environment: environment(status))
        body(sink)
        sink.finish()
        try? pipe.fileHandleForWriting.close()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    @Test func `A logger writes what its level asks for, and a reload changes it`() {
        var settings = LogSettings()
        let lines = written(settings) { sink in
            let logger = Logger(label: "store", factory: sink.handler)
            logger.debug("unseen")
            logger.info("seen", metadata: ["path": "/a b"])
            settings.level = .error
            settings.format = .json
            sink.change(to: settings)
            logger.warning("unseen")
            logger.error("seen again")
        }
        #expect(lines.count == 2)
        #expect(lines.first?.hasSuffix("level=info component=store msg=seen path=\"/a b\"") == true)
        #expect(lines.last?.hasSuffix("\"level\":\"error\",\"component\":\"store\",\"msg\":\"seen again\"}") == true)
    }

    @Test func `A flood through a logger`() {
        let lines = written(LogSettings()) { sink in
            let logger = Logger(label: "watch", factory: sink.handler)
            for number in 0..<500 { logger.warning("process \(number) can't be read") }
        }
        #expect(lines.count == 11)
        #expect(lines.last?.contains("suppressed=490") == true)
        #expect(lines.last?.contains("watch warning: process  can't be read") == true)
    }

    /// A pipe holds 64 KiB.
    @Test(.timeLimit(.minutes(1)))
    func `Who logs doesn't wait for a reader that doesn't read, and what was dropped is counted`() throws {
        let pipe = Pipe()
        let sink = LogSink(
            LogSettings(), descriptor: pipe.fileHandleForWriting.fileDescriptor, queueLimit: 100_000, environment: [:])
        let (kinds, text) = (200, String(repeating: "x", count: 1500))
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            let logger = Logger(label: "watch", factory: sink.handler)
            for kind in 0..<kinds {
                // Digits don't make a kind.
                let name = String(kind, radix: 2).map { $0 == "0" ? "a" : "b" }
                logger.warning("\(name.joined())", metadata: ["text": "\(text)"])
            }
            // The end waits for the reader, but not for ever.
            sink.finish()
            done.signal()
        }
        #expect(done.wait(timeout: .now() + 30) == .success)
        var output = ""
        while !output.contains("the log was not read") || output.last != "\n" {
            output += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        }
        let written = output.components(separatedBy: text + "\n").count - 1
        #expect(written > 60 && written < kinds)
        let reported = output.matches(of: /the log was not read" count=([0-9]+)\n/).compactMap { Int($0.1) }
        #expect(reported == [kinds - written])
    }

    @Test func `What has bounds of its own is never suppressed`() {
        let lines = written(LogSettings()) { sink in
            let alerts = Logger(label: "agent", factory: sink.unlimitedHandler)
            let others = Logger(label: "agent", factory: sink.handler)
            for number in 0..<30 {
                alerts.warning("alert fired", metadata: ["pid": "\(number)"])
                others.warning("process \(number) can't be read")
            }
        }
        #expect(lines.count { $0.contains("alert fired") } == 30)
        let passed = lines.filter { $0.contains("can't be read") && !$0.contains("suppressed") }
        #expect(passed.count == 10)
    }

    @Test func `The journal reads the level from the line`() {
        let lines = written(LogSettings(), { ["JOURNAL_STREAM": "\($0.st_dev):\($0.st_ino)"] }) { sink in
            Logger(label: "agent", factory: sink.handler).warning("w")
        }
        #expect(lines.first?.hasPrefix("<4>ts=") == true)
        let elsewhere = written(LogSettings(), { _ in ["JOURNAL_STREAM": "1:2"] }) { sink in
            Logger(label: "agent", factory: sink.handler).warning("w")
        }
        #expect(elsewhere.first?.hasPrefix("ts=") == true)
    }
}
