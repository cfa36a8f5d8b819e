import Foundation
import TestSupport
import Testing

@Suite struct RulesTests {
    private static let directory = Locations.checkout.appending(path: "tools/prometheus")

    @Test(arguments: [
        ["check", "rules", "--lint=all", "--lint-fatal", "sonde.rules.yml"], ["test", "rules", "sonde.rules.test.yml"],
        ["check", "config", "prometheus.yml"],
    ])
    func `promtool finds the rules right`(arguments: [String]) throws {
        let result = try run(["/usr/bin/promtool"] + arguments, directory: Self.directory)
        #expect(result.status == .exited(0), "\(result.output + result.errors)")
    }

    @Test func `Every alert is tested`() throws {
        func names(in file: String, after key: String) throws -> Set<String> {
            let text = try String(contentsOf: Self.directory.appending(path: file), encoding: .utf8)
            let lines = text.split(whereSeparator: { "\n,{".contains($0) }).map { $0.drop { " -".contains($0) } }
            return Set(lines.filter { $0.hasPrefix(key) }.map { $0.dropFirst(key.count).description })
        }
        let alerts = try names(in: "sonde.rules.yml", after: "alert: ")
        #expect(alerts.count == 24)
        #expect(try names(in: "sonde.rules.test.yml", after: "alertname: ") == alerts)
    }

    @Test func `Rules fire on what the agent exposes`() throws {
        let asked = try exposed(SampleStates.rich)
        let prometheus = try PrometheusServer(
            scraping: [.init("sonde", address: asked.address)],
            rules: [Self.directory.appending(path: "sonde.rules.yml")])
        let expected: Set = [
            "SondeLeakSuspected", "SondeLeakExhaustion", "SondePoolHigh", "SondeAgentDegraded", "SondeStoreFails",
            "SondeReloadFailed", "SondeDestinationDown", "SondeAlertsSuppressed",
        ]
        var seen: Set<String> = []
        let isReached = try eventually {
            seen = Set(try prometheus.query("ALERTS").compactMap { $0.labels["alertname"] })
            return seen.isSuperset(of: expected)
        }
        #expect(isReached, "\(seen)")
        #expect(try prometheus.value("sonde:host_memory_used:ratio") == 1 - 9.0 / 16)
        #expect(prometheus.complaints == "")
    }
}
