package import Alerting
package import Logging

/// Brings alerts to webhooks and Alertmanagers, each at its own pace.
///
/// A webhook gets each event at least once, in order; a repetition, after an answer that was lost, has the same
/// `Idempotency-Key`, also after a restart if there is a journal. An Alertmanager gets states, and is reminded of active
/// alerts.
package actor AlertDeliverer {
    private let identity: AgentIdentity
    private let retry: RetryPolicy
    private let journal: DeliveryJournal?
    private let logger: Logger
    private let started: AsyncStream<DeliveryLane>
    private let starter: AsyncStream<DeliveryLane>.Continuation
    private var lanes: [DeliveryLane] = []
    /// Of destinations that are not configured any more, until their last attempt is over.
    private var leaving: [DeliveryLane] = []
    /// What became of the alerts for those before.
    private var ended: [DeliveryAddress.Kind: DeliveryCounters] = [:]
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
        let kept = lanes.filter { addresses.contains($0.address) }
        let removed = lanes.filter { !addresses.contains($0.address) }
        let new = addresses.filter { address in !kept.contains { $0.address == address } }.map { address in
            DeliveryLane(
                address, settings: settings, identity: identity, retry: retry, journal: journal, logger: logger)
        }
        lanes = kept + new
        leaving += removed
        for lane in removed { await lane.end() }
        for lane in kept { await lane.apply(settings) }
        for lane in new {
            starter.yield(lane)
            await lane.add([], active: active)
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

    /// Takes the changes that a look found and the alerts that are active after it; waits for no destination.
    package func report(_ events: [AlertEvent], active: [Alert]) async {
        self.active = active
        for lane in lanes { await lane.add(events, active: active) }
    }

    /// How it goes, by destination in the order of the settings.
    package var reports: [DeliveryReport] {
        get async {
            var reports: [DeliveryReport] = []
            for lane in lanes { reports.append(await lane.report) }
            return reports
        }
    }

    /// Since the start, by kind of destination: they don't fall when a destination is removed.
    package var totals: [DeliveryAddress.Kind: DeliveryCounters] {
        get async {
            var totals = ended
            for lane in lanes + leaving { totals[lane.address.kind, default: .init()] += await lane.report.counters }
            return totals
        }
    }

    /// Delivers until `shutdown`, or until its task is cancelled.
    package func run() async {
        var connections: DeliveryConnections?
        await withDiscardingTaskGroup { group in
            for await lane in started {
                let open = connections ?? DeliveryConnections()
                connections = open
                group.addTask {
                    await lane.run(using: open.client)
                    await self.retire(lane)
                }
            }
        }
        deadline?.cancel()
        await connections?.end()
    }

    /// Makes `run` end: as soon as all that waits is delivered or a destination fails, and within `limit`.
    ///
    /// What is left is counted as dropped.
    package func shutdown(within limit: Duration) async {
        starter.finish()
        let lanes = lanes
        for lane in lanes { await lane.finish() }
        deadline = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            for lane in lanes { await lane.end() }
        }
    }

    private func retire(_ lane: DeliveryLane) async {
        let counters = await lane.report.counters
        guard let index = leaving.firstIndex(where: { $0 === lane }) else { return }
        leaving.remove(at: index)
        ended[lane.address.kind, default: .init()] += counters
    }

    private func dropPending(except addresses: [DeliveryAddress]) {
        let dropped = journal?.keep(only: Set(addresses.map(\.identifier))) ?? 0
        guard dropped > 0 else { return }
        logger.warning(
            "alerts are dropped that waited for destinations that are not configured any more",
            metadata: ["alerts": "\(dropped)"])
    }

    private func reportBadLabels(_ settings: DeliverySettings) {
        for name in settings.labels.keys.sorted() where !AlertmanagerAlert.isLabelName(name) {
            logger.warning(
                "a label for Alertmanager is left out: its name may have letters, digits and _ only",
                metadata: ["label": "\(name)"])
        }
    }
}
