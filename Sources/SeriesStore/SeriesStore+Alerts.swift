import Foundation
import GRDB

extension SeriesStore {
    /// Keeps an alert, in place of what was known of it.
    package func save(_ alert: StoredAlert) throws(SeriesStoreError) {
        try access { contents in
            try contents.file.checkPlace()
            try contents.file.queue.write { database in
                let now = try CollectionTime.newest(in: database)?.time ?? .zero
                try database.cachedStatement(sql: "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?)")
                    .execute(arguments: [
                        Data(alert.id.utf8), alert.since, Data(alert.state.utf8), alert.resolvedAt, now.milliseconds,
                        Data(alert.json.utf8),
                    ])
            }
        }
    }

    /// The alerts in a state, or in any: those that were resolved last first, active ones by when they began.
    package func alerts(state: String?, limit: Int) throws(SeriesStoreError) -> [StoredAlert] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, state, since, resolved_at, json FROM alerts WHERE ?1 IS NULL OR state = ?1
                    ORDER BY coalesce(resolved_at, since) DESC, id LIMIT ?2
                    """, arguments: [state.map { Data($0.utf8) }, max(limit, 0)]
            ).map { row in
                StoredAlert(
                    id: try row.text(at: 0), state: try row.text(at: 1), since: try row.value(at: 2),
                    resolvedAt: try row.optional(at: 3), json: try row.text(at: 4))
            }
        }
    }
    /// How many alerts are in a state, or in any.
    package func alertCount(state: String?) throws(SeriesStoreError) -> Int {
        try read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM alerts WHERE ?1 IS NULL OR state = ?1",
                arguments: [state.map { Data($0.utf8) }]) ?? 0
        }
    }
}

/// An alert as the store keeps it: the few values that it is found by, and the whole as its owner writes it.
package struct StoredAlert: Hashable, Sendable {
    /// With `since` it is an alert's identity: the same trouble may come again later.
    package let id: String
    /// As the owner of `json` calls it, such as `active` or `resolved`.
    package let state: String
    /// Seconds since 1970.
    package let since: Double
    /// Seconds since 1970; `nil` while it is active.
    ///
    /// Resolved alerts are dropped after their retention.
    package let resolvedAt: Double?
    package let json: String

    package init(id: String, state: String, since: Double, resolvedAt: Double?, json: String) {
        self.id = id
        self.state = state
        self.since = since
        self.resolvedAt = resolvedAt
        self.json = json
    }
}
