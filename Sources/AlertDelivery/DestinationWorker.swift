import Alerting
import AsyncHTTPClient
import Foundation
import Logging
import Synchronization
import SystemSupport

/// Delivers to one destination: what is pending for it, and the one request that is under way.
///
/// Workers don't wait for each other, and block: the journal's disk may hang.
actor DestinationWorker: QueueActor {
    private enum Phase {
        case running
        /// Sends what waits as long as that succeeds, then ends.
        case finishing
        case ended
    }

    nonisolated let executor = QueueExecutor(label: "sonde.delivery")
    nonisolated let address: DeliveryAddress
    private nonisolated let published: Mutex<DeliveryReport>
    private var backlog: any DeliveryBacklog
    private var post: HTTPPost
    private var health: DestinationHealth
    private var retry: RetrySchedule
    private var random = SystemRandomNumberGenerator()
    private var phase = Phase.running
    private var attempt: Task<DeliveryOutcome, Never>?
    private var pause: Task<Void?, Never>?
    /// Whether the pause ends when there is something to send.
    private var isIdle = false

    init(
        _ address: DeliveryAddress, settings: DeliverySettings, identity: AgentIdentity, retry: RetryPolicy,
        journal: DeliveryJournal?, logger: Logger
    ) {
        self.address = address
        let backlog: any DeliveryBacklog =
            switch address.kind {
            case .webhook:
                WebhookBacklog(
                    settings, identity: identity, journal: journal.map { JournalPage($0, of: address) })
            case .alertmanager: AlertmanagerBacklog(settings, identity: identity)
            }
        self.backlog = backlog
        published = Mutex(
            DeliveryReport(kind: address.kind, name: address.name, counters: backlog.counters, isUp: true))
        post = HTTPPost(address: address, userAgent: "sonde/\(identity.version)", timeout: settings.timeout)
        health = DestinationHealth(name: address.name, logger: logger)
        self.retry = RetrySchedule(retry)
    }

    /// As of the last change; doesn't wait for the worker.
    nonisolated var report: DeliveryReport { published.withLock { $0 } }

    private func publish() {
        let report = DeliveryReport(
            kind: address.kind, name: address.name, counters: backlog.counters, isUp: health.isUp)
        published.withLock { $0 = report }
    }

    func apply(_ settings: DeliverySettings) {
        backlog.apply(settings)
        post.timeout = settings.timeout
        if isIdle { pause?.cancel() }
    }

    func add(_ events: [AlertEvent], active: [Alert]) {
        let dropped = backlog.counters.dropped
        backlog.add(events, active: active)
        if phase == .ended { backlog.dropAll() }
        if backlog.counters.dropped > dropped { health.noteDropped() }
        publish()
        let isDue = backlog.due.map { $0 <= .now } ?? false
        if isIdle, !events.isEmpty || isDue { pause?.cancel() }
    }

    /// Makes `run` end once nothing waits, or at the first failure; now when the destination is known to be away.
    func finish() {
        if health.isUnreachable { return end() }
        if phase == .running { phase = .finishing }
        pause?.cancel()
    }

    /// Makes `run` end now.
    func end() {
        phase = .ended
        pause?.cancel()
        attempt?.cancel()
    }

    func run(using client: HTTPClient) async {
        while phase != .ended, !Task.isCancelled {
            guard let request = backlog.next(at: .now, wall: Date().timeIntervalSince1970) else {
                if phase == .finishing { break }
                await rest(until: backlog.due, isIdle: true)
                continue
            }
            guard let wait = await deliver(request, using: client) else { continue }
            if phase != .running { break }
            await rest(until: .now + .seconds(wait), isIdle: false)
        }
        phase = .ended
        backlog.dropAll()
        publish()
    }

    /// Makes one attempt; returns the seconds to wait before the next, `nil` when this document is done with.
    private func deliver(_ request: DeliveryRequest, using client: HTTPClient) async -> Double? {
        let post = post
        let task = Task { await post.send(request, using: client) }
        attempt = task
        var outcome = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        attempt = nil
        // A cancelled attempt has no outcome.
        if phase == .ended || Task.isCancelled, outcome != .delivered { return 0 }
        if case .faulty(let reason) = outcome, retry.isRefused() { outcome = .refused(reason: reason) }
        backlog.finish(outcome)
        health.note(outcome)
        publish()
        switch outcome {
        case .delivered, .refused:
            retry.succeeded()
            return nil
        case .unavailable(_, let asked): return retry.next(atLeast: asked, using: &random)
        case .faulty: return retry.next(atLeast: nil, using: &random)
        }
    }

    /// Waits; without a moment until something is to be sent.
    private func rest(until moment: ContinuousClock.Instant?, isIdle: Bool) async {
        let pause = Task {
            // Cancelled: something is to be done earlier.
            try? await Task.sleep(until: moment ?? .now + .seconds(3600), clock: .continuous)
        }
        self.pause = pause
        self.isIdle = isIdle
        await withTaskCancellationHandler {
            _ = await pause.value
        } onCancel: {
            pause.cancel()
        }
        self.pause = nil
        self.isIdle = false
    }
}
