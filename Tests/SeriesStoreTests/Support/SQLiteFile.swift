import GRDB

/// A database looked at from outside the store.
struct SQLiteFile {
    private let queue: DatabaseQueue

    init(_ path: String) throws { queue = try DatabaseQueue(path: path) }

    func number(_ query: String) throws -> Int {
        try queue.read { try Int.fetchOne($0, sql: query) ?? 0 }
    }

    /// How SQLite would go about a statement.
    func plan(_ statement: String) throws -> String {
        try queue.read { database in
            let steps = try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(statement)")
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
