package import Foundation

/// What a dashboard of `tools/grafana` asks its data source.
package struct GrafanaDashboard: Sendable {
    package struct Panel: Sendable, CustomStringConvertible {
        package let id: Int
        package let title: String
        package let kind: String
        package let unit: String?
        /// Columns and rows that it covers.
        package let columns: Range<Int>
        package let rows: Range<Int>
        /// With variables in them.
        package let expressions: [String]

        package var description: String { title }
    }

    /// A variable with its values from `label_values(SERIES, LABEL)`.
    package struct Variable: Sendable {
        package let name: String
        package let series: String
        package let label: String
    }

    package let title: String
    package let panels: [Panel]
    package let variables: [Variable]

    package init(at file: URL) throws {
        let board = try JSONDecoder().decode(Board.self, from: Data(contentsOf: file))
        title = board.title
        panels = board.panels.map { panel in
            let place = panel.gridPos
            return Panel(
                id: panel.id, title: panel.title, kind: panel.type, unit: panel.fieldConfig?.defaults.unit,
                columns: place.x..<place.x + place.w, rows: place.y..<place.y + place.h,
                expressions: (panel.targets ?? []).map(\.expr))
        }
        variables = board.templating.list.compactMap { variable in
            guard let match = variable.definition?.wholeMatch(of: /label_values\((.+), (\w+)\)/) else { return nil }
            return Variable(name: variable.name, series: String(match.1), label: String(match.2))
        }
    }

    /// The expression as Grafana sends it when all is chosen; a range is ten seconds.
    package static func substituted(_ expression: String) -> String {
        let values = [("$__rate_interval", "10s"), ("$__range", "10s"), ("$instance", ".*"), ("$groupname", ".*")]
        return values.reduce(expression) { $0.replacing($1.0, with: $1.1) }
    }

    /// All that it asks, and nobody answers.
    package func unanswered(by server: PrometheusServer) throws -> [String] {
        let expressions = panels.flatMap(\.expressions) + variables.map { "\($0.series) != 0" }
        return try expressions.filter { try server.query(Self.substituted($0)).isEmpty }
            + variables.filter { variable in
                try server.query(Self.substituted(variable.series)).contains { $0.labels[variable.label] == nil }
            }.map(\.name)
    }
}

/// The parts of Grafana's dashboard model that are looked at.
private struct Board: Decodable {
    struct Panel: Decodable {
        struct Place: Decodable { let x, y, w, h: Int }
        struct Target: Decodable { let expr: String }
        struct Fields: Decodable {
            struct Defaults: Decodable { let unit: String? }
            let defaults: Defaults
        }
        let id: Int
        let title: String
        let type: String
        let gridPos: Place
        let targets: [Target]?
        let fieldConfig: Fields?
    }

    struct Templating: Decodable {
        struct Variable: Decodable {
            let name: String
            let definition: String?
        }
        let list: [Variable]
    }

    let title: String
    let panels: [Panel]
    let templating: Templating
}
