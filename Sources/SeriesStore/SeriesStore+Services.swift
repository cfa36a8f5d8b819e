import Foundation
import GRDB

extension SeriesStore {
    /// Keeps what is known of services, in place of what was known of them.
    package func save(_ services: [StoredService]) throws(SeriesStoreError) {
        guard !services.isEmpty else { return }
        try access { contents in
            try contents.file.checkPlace()
            try contents.file.queue.write { database in
                let now = try CollectionTime.newest(in: database)?.time ?? .zero
                let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO services VALUES (?, ?, ?, ?)")
                for service in services {
                    try statement.execute(arguments: [
                        Data(service.group.utf8), Data(service.command.utf8), now.milliseconds, Data(service.json.utf8),
                    ])
                }
            }
        }
    }

    /// The services that were kept last.
    package func services(limit: Int) throws(SeriesStoreError) -> [StoredService] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT name, command, json FROM services ORDER BY kept DESC LIMIT ?",
                arguments: [max(limit, 0)]
            ).map { row in
                StoredService(
                    group: try row.text(at: 0), command: try row.text(at: 1), json: try row.text(at: 2))
            }
        }
    }
}

/// What is known of the processes of one group and command together, as its owner writes it.
///
/// It is dropped once it has not been saved for 30 days.
package struct StoredService: Hashable, Sendable {
    package let group: String
    package let command: String
    package let json: String

    package init(group: String, command: String, json: String) {
        (self.group, self.command, self.json) = (group, command, json)
    }
}

/// Services that could not be written yet, each once.
struct PendingServices {
    private struct Key: Hashable {
        let group: String
        let command: String
    }

    private var waiting: [Key: StoredService] = [:]

    /// About 500 bytes each.
    private static let most = 4096

    mutating func add(_ services: [StoredService]) {
        for service in services {
            let key = Key(group: service.group, command: service.command)
            guard waiting.count < Self.most || waiting[key] != nil else { continue }
            waiting[key] = service
        }
    }

    /// Takes all out, to be written.
    mutating func takeAll() -> [StoredService] {
        defer { waiting = [:] }
        return Array(waiting.values)
    }

    /// Takes back what could not be written, unless there is something newer.
    mutating func putBack(_ services: [StoredService]) {
        let newer = Array(waiting.values)
        add(services)
        add(newer)
    }
}
