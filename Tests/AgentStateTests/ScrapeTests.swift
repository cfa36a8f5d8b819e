import AgentState
import HostWatch
import MetricFamilies
import TestSupport
import Testing

/// A series without what only says where it was scraped.
private struct Reading: Hashable {
    private let labels: [String: String]
    private let value: Double

    init(sample: PrometheusSample) {
        labels = sample.labels.filter { $0.key != "job" && $0.key != "instance" }
        value = sample.value
    }
}

@Suite struct ScrapeTests {
    @Test func `Prometheus takes every series of both formats, and reads the same`() throws {
        let (asked, textOnly) = (try exposed(SampleStates.rich), try exposed(SampleStates.rich, only: .text))
        let prometheus = try PrometheusServer(scraping: [
            .init("openmetrics", address: asked.address), .init("text", address: textOnly.address),
        ])
        try prometheus.waitUntilScraped("openmetrics", times: 3)
        try prometheus.waitUntilScraped("text", times: 3)
        let series = MetricsExposition.bytes(of: families(of: SampleStates.rich), in: .text)
            .split(separator: UInt8(ascii: "\n")).filter { $0.first != UInt8(ascii: "#") }.count
        #expect(try prometheus.value("scrape_samples_scraped{job=\"openmetrics\"}") == Double(series))
        #expect(try prometheus.value("scrape_samples_scraped{job=\"text\"}") == Double(series))
        let read = try ["openmetrics", "text"].map { job in
            Set(try prometheus.query("{__name__=~\"sonde_.+|process_.+\",job=\"\(job)\"}").map { Reading(sample: $0) })
        }
        #expect(read[0].count == series)
        #expect(read[0] == read[1])
        let own = try request("GET", "http://127.0.0.1:\(prometheus.port)/metrics").text
        #expect(own.contains("\nprometheus_target_scrapes_sample_duplicate_timestamp_total 0\n"))
        #expect(prometheus.complaints == "")
    }

    @Test func `Prometheus asks for OpenMetrics and gets it`() throws {
        let asked = try exposed(SampleStates.empty)
        let prometheus = try PrometheusServer(scraping: [.init("sonde", address: asked.address)])
        try prometheus.waitUntilScraped("sonde")
        let direct = try request("GET", "http://\(asked.address)/metrics")
        #expect(direct.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let wanted = try request(
            "GET", "http://\(asked.address)/metrics", headers: ["Accept": "application/openmetrics-text"])
        #expect(wanted.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        #expect(wanted.text.hasSuffix("\n# EOF\n"))
        #expect(try prometheus.value("sonde_build_info") == 1)
    }

    @Test func `Groups with hostile names are all there, each with its own series`() throws {
        var state = SampleStates.empty
        let names = HostileNames.all
        state.snapshot.groups = names.map { SampleStates.group($0, processes: 1, scale: 1) }
        let (asked, textOnly) = (try exposed(state), try exposed(state, only: .text))
        let prometheus = try PrometheusServer(scraping: [
            .init("openmetrics", address: asked.address), .init("text", address: textOnly.address),
        ])
        for job in ["openmetrics", "text"] {
            try prometheus.waitUntilScraped(job, times: 2)
            let groups = try prometheus.query("sonde_group_processes{job=\"\(job)\"}")
            let errors = try prometheus.scrapeErrors()
            #expect(groups.count == names.count, "\(errors)")
            let longest = groups.compactMap { $0.labels["groupname"]?.utf8.count }.max()
            #expect(longest.map { $0 <= 200 } == true)
        }
        #expect(prometheus.complaints == "")
    }

    @Test func `A group that is gone has no series any more`() throws {
        let states = [SampleStates.rich, SampleStates.empty]
        let isGone = TestSwitch()
        let responder = try HTTPResponder { _ in
            answer(families(of: states[isGone.isOn ? 1 : 0]), in: .openMetrics)
        }
        let prometheus = try PrometheusServer(scraping: [.init("sonde", address: responder.address)])
        #expect(try eventually { try prometheus.value("count(sonde_group_processes)") == 6 })
        isGone.turnOn()
        #expect(try eventually { try prometheus.query("sonde_group_processes").isEmpty })
        #expect(try prometheus.value("sonde_build_info") == 1)
    }
}
