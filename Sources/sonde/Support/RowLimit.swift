import ArgumentParser

/// How many rows of a table are shown, on the command line: `20`, and 0 for all.
struct RowLimit: ExpressibleByArgument {
    /// `nil` for all.
    let rows: Int?

    init(_ rows: Int) { self.rows = rows == 0 ? nil : rows }

    init?(argument: String) {
        guard let rows = Int(argument), rows >= 0 else { return nil }
        self.init(rows)
    }

    var defaultValueDescription: String { "\(rows ?? 0)" }
}
