package import Foundation

/// Debian's Prometheus on a free port of the loopback address, with its data in a temporary directory.
///
/// It scrapes and evaluates rules every second, and is stopped when it goes, and when the tests end in any way.
package final class PrometheusServer: Sendable {
    /// What it scrapes.
    package struct Job: Sendable {
        package let name: String
        /// `HOST:PORT`.
        package let address: String
        /// Further lines of the job's `scrape_config`, such as `scheme: https`, each `key: value` in YAML's flow style.
        package let settings: [String]

        package init(_ name: String, address: String, settings: [String] = []) {
            self.name = name
            self.address = address
            self.settings = settings
        }
    }

    package let port: UInt16
    package var pid: Int32 { child.pid }
    private let child: Child
    private let directory: TemporaryDirectory

    /// Starts it and waits until it answers.
    package init(scraping jobs: [Job], rules: [URL] = []) throws {
        (port, directory) = (try LoopbackPort.free(), try TemporaryDirectory())
        try directory.write(Self.configuration(jobs: jobs, rules: rules), to: "prometheus.yml")
        child = try Child(
            Server.boundToParent([
                "/usr/bin/prometheus", "--config.file=\(directory.path)/prometheus.yml",
                "--storage.tsdb.path=\(directory.path)/data", "--web.listen-address=127.0.0.1:\(port)",
                "--log.level=warn",
            ]))
        let isReady = try eventually {
            if (try? request("GET", "http://127.0.0.1:\(port)/-/ready", within: 5))?.status == 200 { return true }
            if let status = try? child.exitStatus(within: 0) {
                throw TestSupportError.failed(command: child.command, status: status, output: complaints)
            }
            return false
        }
        guard isReady else { throw timedOut(waitingFor: "readiness") }
    }

    deinit {
        child.send(signal: SIGTERM)
        _ = try? child.exitStatus(within: 10)
    }

    /// What it has logged: warnings and errors.
    package var complaints: String { String(decoding: child.standardError.suffix(4000), as: UTF8.self) }

    /// The result of an instant query now; throws what the server says of a wrong expression.
    package func query(_ expression: String) throws -> [PrometheusSample] {
        var components = URLComponents()
        // URLQueryItem leaves a plus sign, which the server would read as a blank.
        components.percentEncodedQuery =
            "query=" + (expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
        let path = "http://127.0.0.1:\(port)/api/v1/query?\(components.percentEncodedQuery ?? "")"
        let answer = try request("GET", path)
        return try JSONDecoder().decode(PrometheusAnswer.self, from: answer.body).samples(of: expression)
    }

    /// The value of an expression that has one sample; `nil` when it has none or more.
    package func value(_ expression: String) throws -> Double? {
        let samples = try query(expression)
        return samples.count == 1 ? samples[0].value : nil
    }

    /// Waits until a job has been scraped `count` times.
    package func waitUntilScraped(_ job: String, times count: Int = 1, within limit: Double = 30) throws {
        let isScraped = try eventually(within: limit) {
            try value("sum_over_time(up{job=\"\(job)\"}[5m])").map { $0 >= Double(count) } ?? false
        }
        guard isScraped else { throw timedOut(waitingFor: "scrapes of \(job): \(try scrapeErrors())") }
    }

    /// Why its last scrapes failed.
    package func scrapeErrors() throws -> [String] {
        struct Targets: Decodable {
            struct Target: Decodable { let lastError: String }
            struct Active: Decodable { let activeTargets: [Target] }
            let data: Active
        }
        let answer = try request("GET", "http://127.0.0.1:\(port)/api/v1/targets")
        return try JSONDecoder().decode(Targets.self, from: answer.body).data.activeTargets
            .map(\.lastError).filter { !$0.isEmpty }
    }

    private func timedOut(waitingFor what: String) -> TestSupportError {
        TestSupportError.timedOut(command: child.command, waitingFor: what, output: complaints)
    }

    private static func configuration(jobs: [Job], rules: [URL]) -> String {
        var lines = ["global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}"]
        lines.append("rule_files: [\(rules.map { "'\($0.path)'" }.joined(separator: ", "))]")
        lines.append("scrape_configs:")
        for job in jobs {
            lines.append("  - job_name: '\(job.name)'")
            lines.append("    static_configs: [{targets: ['\(job.address)']}]")
            lines += job.settings.map { "    \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
