/// A value for a key, and where it was given.
struct Assignment<Root: Sendable>: Sendable {
    /// The field's place among the fields: the order in which values are set.
    let order: Int
    let value: RawValue
    let place: ConfigurationProblem.Place
    /// Of a list's elements, where they have places of their own.
    var elementPlaces: [ConfigurationProblem.Place] = []
}

extension Assignment {
    /// Sets the values in the order of the fields; those that are refused stay what they were.
    static func apply(
        _ assignments: [Assignment], of fields: [Field<Root>], prefix: String, to root: inout Root,
        _ problems: inout [ConfigurationProblem]
    ) {
        for assignment in assignments.sorted(by: { $0.order < $1.order }) {
            let field = fields[assignment.order]
            do throws(ValueFault) {
                try field.set(&root, assignment.value)
            } catch {
                let isOwnPlace = error.element.map { assignment.elementPlaces.indices.contains($0) } ?? false
                let place = error.element.flatMap { isOwnPlace ? assignment.elementPlaces[$0] : nil }
                problems.append(
                    ConfigurationProblem(
                        place: place ?? assignment.place,
                        key: prefix + field.key + (error.element.map { "[\($0)]" } ?? ""),
                        fault: .wrongValue(found: error.found, expected: error.expected)))
            }
        }
    }
}
