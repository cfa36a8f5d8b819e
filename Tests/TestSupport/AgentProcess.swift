import Foundation

/// The agent under test, on a free port of the loopback address, with short intervals; killed when it goes.
package final class AgentProcess: Sendable {
    /// `HOST:PORT`.
    package let address: String
    package let child: Child

    /// Starts it with a state directory, and waits until it is ready.
    ///
    /// - Parameters:
    ///   - prefix: a command that runs the agent, such as `setpriv`.
    ///   - program: the agent's binary, when it has to be elsewhere.
    ///   - headers: what a request needs to be answered.
    ///   - settings: `KEY=VALUE`, as `--set` takes them.
    package init(
        state: String, settings: [String] = [], options: [String] = [], prefix: [String] = [],
        program: String = Locations.agent.path, environment: [String: String] = [:], headers: [String: String] = [:]
    ) throws {
        address = "127.0.0.1:\(try LoopbackPort.free())"
        // Tests ask as often as they can.
        let shortened =
            ["watch.interval=250ms", "leaks.interval=1s", "watch.status_interval=1s", "web.request_rate=0"] + settings
        child = try Child(
            Server.boundToParent(
                prefix + [program, "--web.listen-address", address, "--state-directory", state]
                    + shortened.flatMap { ["--set", $0] } + options), environment: environment)
        let isReady = try eventually {
            let answer = try? request("GET", "http://\(address)/readyz", headers: headers, within: 5)
            if answer?.status == 200 { return true }
            if let status = try? child.exitStatus(within: 0) {
                throw TestSupportError.failed(command: child.command, status: status, output: log)
            }
            return false
        }
        guard isReady else {
            throw TestSupportError.timedOut(command: child.command, waitingFor: "readiness", output: log)
        }
    }

    /// What it has logged so far.
    package var log: String { String(decoding: child.standardError, as: UTF8.self) }

    /// Waits until what it knew before this is stored and on its way.
    package func waitForLooks() throws {
        let seen = try metric("sonde_collections_total") ?? 0
        guard try eventually({ try metric("sonde_collections_total") ?? 0 > seen + 3 }) else {
            throw TestSupportError.timedOut(command: child.command, waitingFor: "looks", output: log)
        }
    }

    package func get(_ path: String) throws -> HTTPResponse { try request("GET", "http://\(address)\(path)") }

    package func get<Body: Decodable>(_ path: String, as type: Body.Type) throws -> Body {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: try get(path).body)
    }

    /// The value of the series whose line begins with `series` and a blank; `nil` when there is none.
    package func metric(_ series: String) throws -> Double? {
        let lines = try get("/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.utf8.count + 1)) }
    }
}
