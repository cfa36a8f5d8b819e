/// A key that an option of the command line sets.
package struct ConfigurationFlag: Sendable {
    /// As it was typed, such as `--watch.interval`.
    package let name: String
    /// Such as `watch.interval`.
    package let key: String
    package let value: RawValue

    package init(name: String, key: String, value: RawValue) {
        self.name = name
        self.key = key
        self.value = value
    }

    /// From `KEY=VALUE`, as `--set` takes it; lists and tables are separated by commas.
    package init(name: String, setting text: String) throws(ConfigurationProblem) {
        let place = ConfigurationProblem.Place.flag(name: name)
        guard let equals = text.firstIndex(of: "=") else {
            let fault = ConfigurationProblem.Fault.unreadable("expected KEY=VALUE, such as watch.interval=5s")
            throw ConfigurationProblem(place: place, key: "", fault: fault)
        }
        let key = String(text[..<equals])
        guard let field = ConfigurationSchema.fields.first(where: { $0.key == key }) else {
            let keys = ConfigurationSchema.fields.map(\.key)
            let fault: ConfigurationProblem.Fault =
                ConfigurationSchema.recordKeys.contains(key)
                ? .misplaced("can be set in the configuration file only")
                : .unknownKey(suggestion: NearMiss.suggestion(for: key, among: keys))
            throw ConfigurationProblem(place: place, key: key, fault: fault)
        }
        let value = String(text[text.index(after: equals)...])
        guard let raw = RawValue(value, as: field.shape) else {
            let fault = ConfigurationProblem.Fault.wrongValue(found: value, expected: "NAME=TEXT,NAME=TEXT")
            throw ConfigurationProblem(place: place, key: key, fault: fault)
        }
        self.init(name: name, key: key, value: raw)
    }

    var assignment: Assignment<AgentConfiguration>? {
        ConfigurationSchema.fields.firstIndex { $0.key == key }.map {
            Assignment(order: $0, value: value, place: .flag(name: name))
        }
    }
}
