import Foundation
import FoundationNetworking

/// Debian's Alertmanager on a free port of the loopback address, alone, with its data in a temporary directory.
///
/// It notifies nobody. It is stopped when it goes, and when the tests end in any way.
package final class AlertmanagerServer: Sendable {
    /// What its API shows of an alert (`gettableAlert` of its openapi.yaml).
    package struct Alert: Decodable, Sendable {
        package struct Status: Decodable, Sendable {
            /// `active`, `suppressed` or `unprocessed`.
            package let state: String
        }

        package let labels: [String: String]
        package let annotations: [String: String]
        package let startsAt: String
        package let endsAt: String
        package let status: Status
    }

    package let port: UInt16
    package var url: String { "http://127.0.0.1:\(port)" }
    package var pid: Int32 { child.pid }
    private let child: Child
    private let directory: TemporaryDirectory

    /// Starts it and waits until it answers.
    package init(port: UInt16? = nil) throws {
        self.port = try port ?? LoopbackPort.free()
        directory = try TemporaryDirectory()
        try directory.write("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n", to: "alertmanager.yml")
        child = try Child([
            "/usr/bin/setpriv", "--pdeathsig", "TERM", "--", "/usr/bin/prometheus-alertmanager",
            "--config.file=\(directory.path)/alertmanager.yml", "--storage.path=\(directory.path)/data",
            "--web.listen-address=127.0.0.1:\(self.port)", "--cluster.listen-address=",
        ])
        guard try eventually({ try isReady() }) else {
            throw TestSupportError.timedOut(command: child.command, waitingFor: "readiness", output: complaints)
        }
    }

    deinit {
        child.send(signal: SIGTERM)
        _ = try? child.exitStatus(within: 5)
    }

    /// All alerts that have not ended; an alert that was resolved is gone from here.
    package func alerts() throws -> [Alert] {
        try JSONDecoder().decode([Alert].self, from: try get("/api/v2/alerts"))
    }

    /// Waits for alerts that are as wanted, and returns the last seen.
    package func alerts(within limit: Double = 30, until isWanted: ([Alert]) -> Bool) throws -> [Alert] {
        var last: [Alert] = []
        _ = try eventually(within: limit) {
            last = try alerts()
            return isWanted(last)
        }
        return last
    }

    /// What it counts, by metric with its labels.
    package func metric(_ name: String) throws -> Double? {
        let lines = String(decoding: try get("/metrics"), as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    private var complaints: String { String(decoding: child.standardError.suffix(2000), as: UTF8.self) }

    private func isReady() throws -> Bool {
        if let status = try? child.exitStatus(within: 0) {
            throw TestSupportError.failed(command: child.command, status: status, output: complaints)
        }
        return (try? get("/-/ready")) != nil
    }

    private func get(_ path: String) throws -> Data {
        let answer = try request("GET", url + path)
        guard answer.status == 200 else { throw URLError(.badServerResponse) }
        return answer.body
    }
}
