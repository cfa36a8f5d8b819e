/// Reads a list of records of a YAML document.
struct RecordReader<Record: Sendable> {
    let list: RecordList<Record>
    let path: String
    private(set) var records: [Record] = []
    private(set) var places: [ConfigurationProblem.Place] = []
    private(set) var problems: [ConfigurationProblem] = []

    private static var mostRecords: Int { 1000 }

    init(_ list: RecordList<Record>, path: String, entry: YamlEntry) {
        self.list = list
        self.path = path
        let place = ConfigurationProblem.Place.file(path: path, entry.value.position)
        switch entry.value.content {
        case .nothing: break
        case .sequence(let nodes) where nodes.count <= Self.mostRecords:
            for (index, node) in nodes.enumerated() { read(node, key: "\(list.key)[\(index)]") }
        default:
            let fault = ConfigurationProblem.Fault.wrongValue(
                found: entry.value.summary,
                expected: "a list of up to \(Self.mostRecords) sections with the keys \(keys)")
            problems.append(ConfigurationProblem(place: place, key: list.key, fault: fault))
        }
    }

    private var keys: String { list.fields.map(\.key).joined(separator: ", ") }

    private mutating func read(_ node: YamlNode, key: String) {
        let place = ConfigurationProblem.Place.file(path: path, node.position)
        guard case .mapping(let entries) = node.content else {
            let fault = ConfigurationProblem.Fault.wrongValue(
                found: node.summary, expected: "a section with the keys \(keys)")
            problems.append(ConfigurationProblem(place: place, key: key, fault: fault))
            return
        }
        var reader = SectionReader(list.fields, path: path, prefix: "\(key).")
        reader.read(entries)
        problems += reader.problems
        var record = list.blank()
        Assignment.apply(reader.assignments, of: list.fields, prefix: "\(key).", to: &record, &problems)
        let present = Set(entries.map(\.key))
        for field in list.fields where list.required.contains(field.key) && !present.contains(field.key) {
            problems.append(ConfigurationProblem(place: place, key: "\(key).\(field.key)", fault: .missingKey))
        }
        records.append(record)
        places.append(place)
    }
}
