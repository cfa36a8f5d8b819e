import Alerting

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
