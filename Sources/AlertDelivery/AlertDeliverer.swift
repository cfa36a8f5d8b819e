package import Alerting
package import Logging
import Synchronization
package import SystemSupport

/// Brings alerts to webhooks and Alertmanagers, each at its own pace.
///
/// A webhook gets each event at least once, in order; a repetition, after an answer that was lost, has the same
/// `Idempotency-Key`, also after a restart if there is a journal. An Alertmanager gets states, and is reminded of active
/// alerts.
///
/// It waits for the journal's disk, which may hang; `reports` and `totals` don't wait.
package actor AlertDeliverer: QueueActor {
    private struct Workers {
        /// In the order of the settings.
        var current: [DestinationWorker] = []
        /// Of destinations that are not configured any more, until their last attempt is over.
        var leaving: [DestinationWorker] = []
        /// What became of the alerts for those before.
        var ended: [DeliveryAddress.Kind: DeliveryCounters] = [:]
    }

    package nonisolated let executor = QueueExecutor(label: "sonde.deliveries")
    private let identity: AgentIdentity
    private let retry: RetryPolicy
    private let journal: DeliveryJournal?
    private let logger: Logger
    private let started: AsyncStream<DestinationWorker>
    private let starter: AsyncStream<DestinationWorker>.Continuation
    private nonisolated let workers = Mutex(Workers())
    private var active: [Alert] = []
    private var deadline: Task<Void, Never>?

    /// - Parameter journal: What webhooks have yet to get since an earlier run, and of this one.
    package init(
        identity: AgentIdentity, logger: Logger, retry: RetryPolicy = .standard, journal: DeliveryJournal? = nil
    ) {
        self.identity = identity
        self.logger = logger
        self.retry = retry
        self.journal = journal
        (started, starter) = AsyncStream.makeStream()
    }

    /// Takes settings, at the start and later: what waits for a destination that stays is kept.
    ///
    /// Throws before it changes anything.
    package func apply(_ settings: DeliverySettings) async throws(DeliveryAddressError) {
        let addresses = try Self.addresses(of: settings)
        reportBadLabels(settings)
        dropPending(except: addresses)
        let before = workers.withLock(\.current)
        let kept = before.filter { addresses.contains($0.address) }
        let removed = before.filter { !addresses.contains($0.address) }
        let new = addresses.filter { address in !kept.contains { $0.address == address } }.map { address in
            DestinationWorker(
                address, settings: settings, identity: identity, retry: retry, journal: journal, logger: logger)
        }
        workers.withLock { workers in
            workers.current = kept + new
            workers.leaving += removed
        }
        for worker in removed { await worker.end() }
        for worker in kept { await worker.apply(settings) }
        for worker in new {
            starter.yield(worker)
            await worker.add([], active: active)
        }
    }

    /// The addresses of the settings, each once.
    package static func addresses(
        of settings: DeliverySettings
    ) throws(DeliveryAddressError) -> [DeliveryAddress] {
        var addresses: [DeliveryAddress] = []
        for text in settings.webhooks { addresses.append(try DeliveryAddress(.webhook, text)) }
        for text in settings.alertmanagers { addresses.append(try DeliveryAddress(.alertmanager, text)) }
        var seen: Set<DeliveryAddress> = []
        return addresses.filter { seen.insert($0).inserted }
    }

    /// Takes the changes that a collection found and the alerts that are active after it; waits for no destination.
    package func report(_ events: [AlertEvent], active: [Alert]) async {
        self.active = active
        for worker in workers.withLock(\.current) { await worker.add(events, active: active) }
    }

    /// How it goes, by destination in the order of the settings.
    package nonisolated var reports: [DeliveryReport] { workers.withLock(\.current).map(\.report) }

    /// Since the start, by kind of destination: they don't fall when a destination is removed.
    package nonisolated var totals: [DeliveryAddress.Kind: DeliveryCounters] {
        workers.withLock { workers in
            (workers.current + workers.leaving).reduce(into: workers.ended) { totals, worker in
                totals[worker.address.kind, default: .init()] += worker.report.counters
            }
        }
    }

    /// Delivers until `shutdown`, or until its task is cancelled.
    package func run() async {
        var connections: DeliveryConnections?
        await withDiscardingTaskGroup { group in
            for await worker in started {
                let open = connections ?? DeliveryConnections()
                connections = open
                group.addTask {
                    await worker.run(using: open.client)
                    await self.retire(worker)
                }
            }
        }
        deadline?.cancel()
        await connections?.end()
    }

    /// Makes `run` end: as soon as all that waits is delivered or a destination fails, and within `limit`.
    ///
    /// What is left is counted as dropped.
    package func shutdown(within limit: Duration) {
        starter.finish()
        let workers = workers.withLock(\.current)
        for worker in workers { Task { await worker.finish() } }
        deadline = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            for worker in workers { Task { await worker.end() } }
        }
    }

    private func retire(_ worker: DestinationWorker) {
        workers.withLock { workers in
            guard let index = workers.leaving.firstIndex(where: { $0 === worker }) else { return }
            workers.leaving.remove(at: index)
            workers.ended[worker.address.kind, default: .init()] += worker.report.counters
        }
    }

    private func dropPending(except addresses: [DeliveryAddress]) {
        let dropped = journal?.keep(only: Set(addresses.map(\.identifier))) ?? 0
        guard dropped > 0 else { return }
        logger.warning(
            "pending alerts of destinations that are no longer configured are dropped",
            metadata: ["alerts": "\(dropped)"])
    }

    private func reportBadLabels(_ settings: DeliverySettings) {
        for name in settings.labels.keys.sorted() where !AlertmanagerAlert.isLabelName(name) {
            logger.warning(
                "a label for Alertmanager is dropped: its name may have letters, digits and _ only",
                metadata: ["label": "\(name)"])
        }
    }
}
