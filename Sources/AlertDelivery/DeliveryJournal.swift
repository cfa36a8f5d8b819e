import Alerting
package import Logging
import Synchronization
import SystemSupport

/// Which events webhooks have yet to get, kept in a file (`JournalLine`), so that no end of the agent loses any.
///
/// A write is not forced to the disk: when the machine crashes, the last seconds may be missing. What can't be read is
/// left out, and while the file can't be written the journal is in memory only; both are logged.
package final class DeliveryJournal: Sendable {
    private struct State {
        var file: JournalFile
        var pending: [String: [AlertEvent]]
        /// Bytes above which the file is replaced.
        var limit: Int
        var isFailing = false
    }

    /// Lines that could not be read at the start.
    package let unreadable: Int
    private let logger: Logger
    private let limit: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - path: of a file that need not be there.
    ///   - limit: Bytes above which the file is replaced by what is still pending.
    package init(path: String, logger: Logger, limit: Int = 1 << 20) {
        self.logger = logger
        self.limit = limit
        let file = JournalFile(path: path)
        var bytes: [UInt8] = []
        do {
            bytes = try file.contents()
        } catch {
            logger.error("the journal of deliveries can't be read", metadata: ["reason": "\(error)"])
        }
        let read = JournalLine.pending(in: bytes)
        unreadable = read.unreadable
        if unreadable > 0 {
            logger.warning(
                "lines of the journal of deliveries can't be read, and are skipped",
                metadata: ["lines": "\(unreadable)"])
        }
        state = Mutex(State(file: file, pending: read.events, limit: limit))
    }

    deinit { state.withLock { $0.file.close() } }

    /// Oldest first.
    func pending(for destination: String) -> [AlertEvent] { state.withLock { $0.pending[destination] ?? [] } }

    /// Notes events that a destination is to get, then those that it needs no more.
    func note(queued: [AlertEvent], done: [String], for destination: String) {
        state.withLock { state in
            var events = (state.pending[destination] ?? []) + queued
            let known = Set(events.map(\.key)).intersection(done)
            guard !queued.isEmpty || !known.isEmpty else { return }
            events.removeAll { known.contains($0.key) }
            state.pending[destination] = events.isEmpty ? nil : events
            let lines =
                queued.map { JournalLine(queued: $0, for: destination) }
                + known.sorted().map { JournalLine(done: $0, for: destination) }
            write(lines, &state)
        }
    }

    /// Drops what other destinations have not got; returns how many events those are.
    func keep(only destinations: Set<String>) -> Int {
        state.withLock { state in
            let gone = state.pending.filter { !destinations.contains($0.key) }
            guard !gone.isEmpty else { return 0 }
            for destination in gone.keys { state.pending[destination] = nil }
            write(gone.flatMap { name, events in events.map { JournalLine(done: $0.key, for: name) } }, &state)
            return gone.values.reduce(0) { $0 + $1.count }
        }
    }

    private func write(_ lines: [JournalLine], _ state: inout State) {
        do {
            try add(lines, &state)
            if state.isFailing { logger.notice("the journal of deliveries is written again") }
            state.isFailing = false
        } catch {
            guard !state.isFailing else { return }
            state.isFailing = true
            logger.error(
                "the journal of deliveries can't be written: a restart would lose pending alerts",
                metadata: ["reason": "\(error)"])
        }
    }

    /// What is pending makes a new file when the one there is an earlier run's, has failed or has grown.
    private func add(_ lines: [JournalLine], _ state: inout State) throws(SystemCallError) {
        let bytes = lines.flatMap(\.bytes)
        if state.file.isOpen, state.file.size + bytes.count <= state.limit { return try state.file.append(bytes) }
        let pending = state.pending.flatMap { name, events in events.map { JournalLine(queued: $0, for: name) } }
        try state.file.replace(with: pending.flatMap(\.bytes))
        // What is pending alone may be more than the limit.
        state.limit = max(limit, 2 * state.file.size)
    }
}
