internal import HostWatch

/// A list of records, such as `groups`: it can be set in the file only.
struct RecordList<Record: Sendable>: Sendable {
    let key: String
    let place: any WritableKeyPath<AgentConfiguration, [Record]> & Sendable
    let fields: [Field<Record>]
    let required: Set<String>
    /// A record of which nothing is set.
    let blank: @Sendable () -> Record
}

extension RecordList<GroupRule> {
    static let groups = RecordList(
        key: "groups", place: \.watch.rules,
        fields: [
            Field("name", \.name, .text), Field("comm", list: \.commands, .text),
            Field("exe", list: \.executables, .text), Field("cmdline", list: \.commandLine, .text),
            Field("user", list: \.users, .text), Field("cgroup", \.cgroup, ValueFormat<String>.text.orUnset()),
            Field("container", \.container, ValueFormat<String>.text.orUnset()),
            Field("minimum_rss", \.minimumResident, ValueFormat<UInt64>.size(0...(1 << 50)).orUnset()),
            Field("exclude", \.excludes, .flag),
        ],
        required: ["name"], blank: { GroupRule(name: "") })
}

extension RecordList<PoolSettings> {
    static let pools = RecordList(
        key: "pools", place: \.watch.pools,
        fields: [
            Field("name", \.name, .text), Field("endpoint", \.endpoint, .endpoint),
            Field("maximum", \.maximum, .count(1...1_000_000)),
        ],
        required: ["name", "endpoint", "maximum"], blank: { PoolSettings(name: "", endpoint: "", maximum: 1) })
}
