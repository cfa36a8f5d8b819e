import GRDB

/// A database read from outside the store.
struct SQLiteFile {
    private let queue: DatabaseQueue

    init(_ path: String) throws { queue = try DatabaseQueue(path: path) }

    func number(_ query: String) throws -> Int {
        try queue.read { try Int.fetchOne($0, sql: query) ?? 0 }
    }

    func text(_ query: String) throws -> String? {
        try queue.read { try String.fetchOne($0, sql: query) }
    }

    /// How SQLite would go about a statement.
    func plan(_ statement: String) throws -> String {
        try queue.read { database in
            let explanation = try database.makeStatement(sql: "EXPLAIN QUERY PLAN \(statement)")
            // It doesn't run, so that its placeholders may stay empty.
            explanation.setUncheckedArguments(StatementArguments())
            let steps = try Row.fetchAll(explanation)
            return steps.map { row in
                let detail: String? = row["detail"]
                return detail ?? ""
            }.joined(separator: "; ")
        }
    }

    func execute(_ statements: String) throws {
        try queue.writeWithoutTransaction { try $0.execute(sql: statements) }
    }
}
