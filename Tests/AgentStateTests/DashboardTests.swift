import Foundation
import TestSupport
import Testing

@Suite struct DashboardTests {
    private static let directory = Locations.checkout.appending(path: "tools/grafana")
    static let names = ["host.json", "leaks.json"]

    @Test func `All dashboards are tested`() throws {
        #expect(try FileManager.default.contentsOfDirectory(atPath: Self.directory.path).sorted() == Self.names)
    }

    @Test func `Every expression returns data`() throws {
        let asked = try exposed(SampleStates.rich)
        let prometheus = try PrometheusServer(scraping: [.init("sonde", address: asked.address)])
        try prometheus.waitUntilScraped("sonde", times: 3)
        for name in Self.names {
            let dashboard = try GrafanaDashboard(at: Self.directory.appending(path: name))
            #expect(dashboard.panels.flatMap(\.expressions).count >= 10)
            #expect(dashboard.variables.map(\.name) == ["instance", "groupname"])
            let unanswered = try dashboard.unanswered(by: prometheus)
            #expect(unanswered == [], "\(name)")
        }
    }

    @Test(arguments: names)
    func `Panels have a unit and a place of their own`(name: String) throws {
        let panels = try GrafanaDashboard(at: Self.directory.appending(path: name)).panels
        #expect(Set(panels.map(\.id)).count == panels.count)
        for panel in panels {
            #expect(panel.columns.upperBound <= 24, "\(panel)")
            if panel.kind != "row" { #expect(panel.unit != nil && !panel.expressions.isEmpty, "\(panel)") }
            for other in panels where other.id != panel.id {
                #expect(
                    !(panel.columns.overlaps(other.columns) && panel.rows.overlaps(other.rows)), "\(panel), \(other)")
            }
        }
    }
}
