import Alerting
import Foundation

/// A line of the journal: an event that a destination has yet to get, or that it needs no more.
struct JournalLine: Codable {
    private let destination: String
    private let event: AlertEvent?
    private let done: String?

    init(queued event: AlertEvent, for destination: String) {
        (self.destination, self.event, done) = (destination, event, nil)
    }

    init(done key: String, for destination: String) {
        (self.destination, event, done) = (destination, nil, key)
    }

    /// With its end; empty for an event that JSON can't express, as with figures that are not finite.
    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { [UInt8]($0) + [UInt8(ascii: "\n")] } ?? []
    }

    /// What is pending by destination, oldest first, after all lines, and how many of them could not be read.
    ///
    /// The last one may be there in part only.
    static func pending(in bytes: [UInt8]) -> (events: [String: [AlertEvent]], unreadable: Int) {
        var waiting: [Key: (number: Int, event: AlertEvent)] = [:]
        var unreadable = 0
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let isTorn = bytes.last != UInt8(ascii: "\n")
        let decoder = JSONDecoder()
        for (number, bytes) in lines.enumerated() {
            let line = try? decoder.decode(Self.self, from: Data(bytes))
            if let line, let event = line.event, isSendable(event.key) {
                waiting[Key(destination: line.destination, event: event.key)] = (number, event)
            } else if let line, let done = line.done {
                waiting[Key(destination: line.destination, event: done)] = nil
            } else if !isTorn || number < lines.count - 1 {
                unreadable += 1
            }
        }
        let ordered = waiting.sorted { $0.value.number < $1.value.number }
        return (Dictionary(grouping: ordered) { $0.key.destination }.mapValues { $0.map(\.value.event) }, unreadable)
    }

    /// Whether it fits into a header; all keys of events do.
    private static func isSendable(_ key: String) -> Bool {
        key.utf8.count <= 512 && key.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private struct Key: Hashable {
        let destination: String
        let event: String
    }
}

/// One destination's part of the journal.
struct JournalPage: Sendable {
    private let journal: DeliveryJournal
    private let destination: String

    init(_ journal: DeliveryJournal, of address: DeliveryAddress) {
        self.journal = journal
        destination = address.identifier
    }

    var pending: [AlertEvent] { journal.pending(for: destination) }

    func note(queued: [AlertEvent] = [], done: [String]) {
        journal.note(queued: queued, done: done, for: destination)
    }
}
