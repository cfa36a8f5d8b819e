/// Finds the keys that `SONDE_*` variables set: `SONDE_WATCH_INTERVAL` is `watch.interval`.
///
/// A list is separated by commas, as in `SONDE_WEB_LISTEN_ADDRESSES=127.0.0.1:9797,unix:/run/sonde/web`; a table, too,
/// as in `SONDE_DELIVERY_LABELS=site=a,rack=7`. A variable that begins like a section and names no key is an error;
/// others that begin with `SONDE_` are warnings, since service managers and clusters set such variables, too.
struct EnvironmentReader {
    private(set) var assignments: [Assignment<AgentConfiguration>] = []
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationProblem] = []

    private static let prefix = "SONDE_"
    /// Variables of the checkout's tools and tests.
    private static let toolVariables: Set = ["SONDE_SWIFT", "SONDE_BINARY", "SONDE_TEST_PROGRAMS"]

    init(_ environment: [String: String]) {
        let fields = ConfigurationSchema.fields
        let names = fields.map(Self.name)
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix(Self.prefix) {
            if let order = names.firstIndex(of: variable) {
                assign(value, to: fields[order], order, variable)
            } else if !Self.toolVariables.contains(variable) {
                reportUnknown(variable, among: names)
            }
        }
    }

    static func name(of field: Field<AgentConfiguration>) -> String {
        prefix + field.path.joined(separator: "_").uppercased()
    }

    private mutating func assign(
        _ text: String, to field: Field<AgentConfiguration>, _ order: Int, _ variable: String
    ) {
        let place = ConfigurationProblem.Place.environment(variable: variable)
        if let value = RawValue(text, as: field.shape) {
            assignments.append(Assignment(order: order, value: value, place: place))
        } else {
            let fault = ConfigurationProblem.Fault.wrongValue(found: text, expected: "NAME=TEXT,NAME=TEXT")
            problems.append(ConfigurationProblem(place: place, key: field.key, fault: fault))
        }
    }

    private mutating func reportUnknown(_ variable: String, among names: [String]) {
        let place = ConfigurationProblem.Place.environment(variable: variable)
        if let key = ConfigurationSchema.recordKeys.first(where: { variable == Self.prefix + $0.uppercased() }) {
            let fault = ConfigurationProblem.Fault.misplaced("can be set in the configuration file only")
            problems.append(ConfigurationProblem(place: place, key: key, fault: fault))
            return
        }
        let problem = ConfigurationProblem(
            place: place, key: variable,
            fault: .unknownKey(suggestion: NearMiss.suggestion(for: variable, among: names, ignoringCase: false)))
        let sections = Set(ConfigurationSchema.fields.compactMap { $0.path.count > 1 ? $0.path[0] : nil })
        let isLikeAKey = sections.contains { variable.hasPrefix("\(Self.prefix)\($0.uppercased())_") }
        if isLikeAKey, !Self.isServiceLink(variable) { problems.append(problem) } else { warnings.append(problem) }
    }

    /// What Kubernetes sets for a service of the name `sonde-…`: kubernetes.io, "Accessing the Service".
    private static func isServiceLink(_ variable: String) -> Bool {
        let words = variable.split(separator: "_")
        return words.last == "PORT" || words.contains("SERVICE")
            || words.indices.contains {
                words[$0] == "PORT" && words.dropFirst($0 + 1).first.flatMap { Int($0) } != nil
            }
    }
}

extension RawValue {
    /// From one text; `nil` where a table has no `=`.
    init?(_ text: String, as shape: Field<AgentConfiguration>.Shape) {
        let parts = text.split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }.map(String.init)
        switch shape {
        case .text: self = .text(text)
        case .list: self = .list(parts)
        case .table:
            var table: [String: String] = [:]
            for part in parts {
                guard let equals = part.firstIndex(of: "=") else { return nil }
                table[String(part[..<equals])] = String(part[part.index(after: equals)...])
            }
            self = .table(table)
        }
    }
}
