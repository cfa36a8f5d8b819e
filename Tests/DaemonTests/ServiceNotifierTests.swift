import Daemon
import Foundation
import TestSupport
import Testing

/// The protocol of sd_notify(3), with a real socket at its other end.
@Suite struct ServiceNotifierTests {
    private static func names() throws -> [String] {
        let name = "sonde-notify-\(UUID().uuidString)"
        return ["/tmp/\(name)", "@\(name)"]
    }

    @Test func `States arrive, by path and by abstract name`() throws {
        for name in try Self.names() {
            defer { try? FileManager.default.removeItem(atPath: name) }
            let socket = try NotifySocket(name)
            let notifier = try #require(try ServiceNotifier(environment: ["NOTIFY_SOCKET": name]))
            try notifier.send([.ready, .status("watching\n7 groups\u{1B}[31m")])
            #expect(try socket.lines() == ["READY=1", "STATUS=watching\\u{a}7 groups\\u{1b}[31m"])
            try notifier.send([.watchdog])
            #expect(try socket.lines() == ["WATCHDOG=1"])
            try notifier.send([.stopping])
            #expect(try socket.lines() == ["STOPPING=1"])
        }
    }

    @Test func `A reload begins with the monotonic time`() throws {
        let name = try #require(try Self.names().last)
        let socket = try NotifySocket(name)
        let notifier = try #require(try ServiceNotifier(environment: ["NOTIFY_SOCKET": name]))
        let before = DispatchTime.now().uptimeNanoseconds / 1000
        try notifier.send([.reloading])
        let after = DispatchTime.now().uptimeNanoseconds / 1000
        let lines = try socket.lines()
        #expect(lines.first == "RELOADING=1")
        let time = try #require(lines.last?.split(separator: "=").last.flatMap { UInt64($0) })
        #expect((before...after).contains(time))
    }

    private static let systemdNotify = "/usr/bin/systemd-notify"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: systemdNotify)))
    func `What systemd-notify sends looks the same`() throws {
        let name = "/tmp/sonde-notify-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: name) }
        let socket = try NotifySocket(name)
        _ = try run(
            [Self.systemdNotify, "--no-block", "--ready", "--status=watching"],
            environment: ["NOTIFY_SOCKET": name])
        let theirs = Set(try socket.lines())
        let notifier = try #require(try ServiceNotifier(environment: ["NOTIFY_SOCKET": name]))
        try notifier.send([.ready, .status("watching")])
        let ours = try socket.lines()
        #expect(ours.count == 2 && theirs.isSuperset(of: ours))
    }

    @Test func `Nobody listens, or nobody can`() throws {
        #expect(try ServiceNotifier(environment: [:]) == nil)
        #expect(try ServiceNotifier(environment: ["NOTIFY_SOCKET": ""]) == nil)
        for address in ["vsock:2:1234", "relative", "/" + String(repeating: "a", count: 200), "@"] {
            #expect(throws: NotifyError.self) { try ServiceNotifier(environment: ["NOTIFY_SOCKET": address]) }
        }
        let gone = try #require(try ServiceNotifier(environment: ["NOTIFY_SOCKET": "/tmp/sonde-nobody"]))
        #expect(throws: NotifyError.failed(errno: ENOENT)) { try gone.send([.ready]) }
    }

    /// A manager that reads nothing must not stop the agent.
    @Test func `A full socket is an error, and no wait`() throws {
        let name = "@sonde-notify-\(UUID().uuidString)"
        let socket = try NotifySocket(name)
        let notifier = try #require(try ServiceNotifier(environment: ["NOTIFY_SOCKET": name]))
        #expect(throws: NotifyError.failed(errno: EAGAIN)) { while true { try notifier.send([.watchdog]) } }
        #expect(try socket.lines() == ["WATCHDOG=1"])
    }

    @Test(arguments: [
        (["WATCHDOG_USEC": "30000000"], 15.0), (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"], 15.0),
        (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"], nil), (["WATCHDOG_USEC": "0"], nil),
        (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
    ])
    func `How often the watchdog is fed`(environment: [String: String], interval: Double?) throws {
        let merged = environment.merging(["NOTIFY_SOCKET": "@x"]) { old, _ in old }
        #expect(try ServiceNotifier(environment: merged)?.watchdogInterval == interval)
    }
}
