internal import HostWatch

/// The layers of a configuration on their way to one.
struct ConfigurationReading {
    private(set) var configuration = AgentConfiguration()
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationProblem] = []
    /// From the lowest layer to the highest.
    private var layers: [[Assignment<AgentConfiguration>]] = []
    private var rulePlaces: [ConfigurationProblem.Place] = []
    private var poolPlaces: [ConfigurationProblem.Place] = []

    mutating func read(_ file: ConfigurationFile) {
        do throws(YamlProblem) {
            let document = try YamlDocument(parsing: file.bytes)
            problems += document.problems.map { Self.problem($0, file.path) }
            guard let root = document.root else { return }
            read(root, file.path)
        } catch {
            problems.append(Self.problem(error, file.path))
        }
    }

    private mutating func read(_ root: YamlNode, _ path: String) {
        switch root.content {
        case .nothing: break
        case .mapping(let entries):
            var reader = SectionReader(
                ConfigurationSchema.fields, path: path, otherKeys: ConfigurationSchema.recordKeys)
            reader.read(entries)
            problems += reader.problems
            layers.append(reader.assignments)
            for entry in reader.others { readRecords(entry, path) }
        case .scalar, .sequence:
            let sections = (ConfigurationSchema.recordKeys + ConfigurationSchema.fields.map { $0.path[0] })
            let expected = "sections such as \(Set(sections).sorted().joined(separator: ", "))"
            let cause = "holds \(root.summary.prefix(40)), expected \(expected)"
            problems.append(Self.problem(YamlProblem(position: root.position, cause: cause), path))
        }
    }

    private mutating func readRecords(_ entry: YamlEntry, _ path: String) {
        if entry.key == ConfigurationSchema.records.groups.key {
            let reader = RecordReader(ConfigurationSchema.records.groups, path: path, entry: entry)
            configuration[keyPath: reader.list.place] = reader.records
            rulePlaces = reader.places
            problems += reader.problems
        } else {
            let reader = RecordReader(ConfigurationSchema.records.pools, path: path, entry: entry)
            configuration[keyPath: reader.list.place] = reader.records
            poolPlaces = reader.places
            problems += reader.problems
        }
    }

    private static func problem(_ problem: YamlProblem, _ path: String) -> ConfigurationProblem {
        ConfigurationProblem(
            place: .file(path: path, problem.position), key: "", fault: .unreadable(problem.cause))
    }

    mutating func read(_ environment: [String: String]) {
        let reader = EnvironmentReader(environment)
        problems += reader.problems
        warnings += reader.warnings
        layers.append(reader.assignments)
    }

    mutating func read(_ flags: [ConfigurationFlag]) { layers.append(flags.compactMap(\.assignment)) }

    mutating func apply() {
        for layer in layers {
            Assignment.apply(layer, of: ConfigurationSchema.fields, prefix: "", to: &configuration, &problems)
        }
    }

    /// What only the whole shows; called once everything is applied.
    mutating func check(_ validateRules: ([GroupRule]) throws -> Void) {
        for contradiction in configuration.contradictions() {
            let place = place(of: contradiction.key)
            problems.append(
                ConfigurationProblem(
                    place: place, key: contradiction.key, fault: .contradiction(contradiction.text)))
        }
        for (index, rule) in configuration.watch.rules.enumerated() where rulePlaces.indices.contains(index) {
            do {
                try validateRules([rule])
            } catch {
                let fault = ConfigurationProblem.Fault.contradiction("\(error)")
                problems.append(
                    ConfigurationProblem(place: rulePlaces[index], key: "groups[\(index)]", fault: fault))
            }
        }
    }

    /// Where a key was set last.
    private func place(of key: String) -> ConfigurationProblem.Place {
        if let index = poolPlaces.indices.first(where: { key == "pools[\($0)]" }) { return poolPlaces[index] }
        let assignments = layers.joined().filter { ConfigurationSchema.fields[$0.order].key == key }
        return assignments.last?.place ?? .defaults
    }

    /// In the order of the file's lines, then of the other layers; each once.
    var sortedProblems: [ConfigurationProblem] {
        let ranked = problems.enumerated().map { index, problem in
            (line: problem.place.line ?? .max, index: index, problem: problem)
        }
        var seen: Set<ConfigurationProblem> = []
        return ranked.sorted { ($0.line, $0.index) < ($1.line, $1.index) }.map(\.problem)
            .filter { seen.insert($0).inserted }
    }
}

extension ConfigurationProblem.Place {
    fileprivate var line: Int? {
        switch self {
        case .file(_, let position): position?.line ?? 0
        case .environment, .flag, .defaults: nil
        }
    }
}
