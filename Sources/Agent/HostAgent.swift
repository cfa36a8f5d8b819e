internal import AgentConfiguration
internal import AgentServer
package import AgentState
internal import AlertDelivery
internal import Alerting
internal import Daemon
internal import HostWatch
internal import Logging
internal import ProcFS
internal import ProfileModel
internal import SeriesStore
package import SystemSupport

/// Collects, judges what was collected, stores it and publishes it.
///
/// Each collection goes one way: processes, verdicts, alerts, store, and the state that requests read.
package actor HostAgent: QueueActor {
    package nonisolated let executor = QueueExecutor(label: "sonde.collections")
    nonisolated let published = PublishedState()
    nonisolated let store: ResilientStore
    private nonisolated let storeReads: StoreReads
    private nonisolated let log: Logger
    private let outlets: AlertOutlets
    private var configuration: AgentConfiguration
    private var collector: HostCollector
    private var leaks: LeakWatch
    private let growth: GrowthAttribution
    private var emptied = EmptiedWindows()
    private var alerts: AlertEngine
    /// Before this run, or at its start.
    private let resolvedBefore: [Alert]
    /// Of alerts that a reboot ended; the first collection reports them.
    private var endedByReboot: [AlertEvent]
    private var budget: AgentBudget
    private var writer: SeriesWriter
    private var alertWriter: AlertWriter
    private var counters = AgentCounters()
    private var storeStatus: ResilientStore.Status
    private var previous: HostSnapshot?
    private var lastReload = AgentHealth.Reload.none
    private let startedAt = WatchTime.now.wall
    /// What the agent can't read here, and the remedies.
    nonisolated let limitations = Visibility.limitations()

    init(
        _ configuration: AgentConfiguration, procfs: ProcFS, store: ResilientStore, outlets: AlertOutlets, log: Logger
    ) throws(AgentError) {
        self.configuration = configuration
        self.store = store
        storeReads = StoreReads(store)
        self.outlets = outlets
        self.log = log
        do {
            collector = try HostCollector(procfs: procfs, settings: configuration.watch)
        } catch {
            throw .watch(error)
        }
        var leaks = LeakWatch(settings: configuration.leaks)
        storeStatus = store.status
        let bootID = (try? procfs.bootID()) ?? "unknown since \(WatchTime.now.wall)"
        var writer = SeriesWriter(store: store, bootID: bootID)
        writer.resume(&leaks, now: .now)
        self.leaks = leaks
        self.writer = writer
        alertWriter = AlertWriter(store: store, bootID: bootID)
        growth = GrowthAttribution(procfs: procfs)
        budget = AgentBudget(configuration.budget)
        let records = store.alerts(state: Alert.State.active.rawValue, limit: 1000).compactMap { AlertRecord($0) }
        let restored = RestoredAlerts(
            records.map { ($0.alert, $0.boot) }, in: bootID, at: WatchTime.now.wall)
        endedByReboot = restored.ended
        let resolved = store.alerts(state: Alert.State.resolved.rawValue, limit: configuration.alerts.resolvedLimit)
        resolvedBefore = restored.ended.map(\.alert) + resolved.compactMap { AlertRecord($0)?.alert }
        alerts = AlertEngine(
            settings: configuration.alerts, collectionInterval: configuration.watch.interval,
            restoring: restored.active + resolvedBefore)
    }

    /// Seconds until the next collection.
    var interval: Double { configuration.watch.interval * budget.slowdown }

    /// Collects once.
    func collect(isLate: Bool) async {
        let time = WatchTime.now
        let snapshot: HostSnapshot
        do {
            snapshot = try collector.collect(at: time)
        } catch {
            log.error("the host can't be measured: \(error)")
            return
        }
        leaks.observe(snapshot)
        let pools = configuration.watch.pools.map { PoolUse($0, in: snapshot) }
        var verdicts = leaks.verdicts
        growth.explain(&verdicts, in: snapshot)
        let use = previous.flatMap { ProcessorUse(from: $0, to: snapshot) }
        let observations = AlertObservations(
            snapshot, processorUse: use, verdicts: verdicts, pools: pools, settings: configuration.alerts,
            watchesLeaks: configuration.leaks.isEnabled)
        let judged = emptied.judged(observations.all, at: time.monotonic, configuration.leaks)
        let unread = Set(snapshot.unread.map(\.rawValue))
        let events = endedByReboot + alerts.evaluate(judged, unread: unread, at: (time.monotonic, time.wall))
        endedByReboot = []
        count(snapshot, events, isLate: isLate)
        let state = AgentState(
            snapshot: snapshot, verdicts: verdicts, pools: pools, activeAlerts: alerts.activeAlerts,
            resolvedAlerts: resolvedAlerts, health: health(at: time))
        published.publish(state, use: use)
        previous = snapshot
        // Alerts that are stored are not notified of again after a restart: they have to be queued before.
        outlets.report(events, active: state.activeAlerts, keep: alertWriter.write)
        alertWriter.writeAfterFailure(state.activeAlerts, besides: events)
        writer.write(snapshot)
        writer.write(leaks.takeChangedServices())
        reportStore()
    }

    /// Takes another configuration, all of it or nothing.
    func apply(_ new: AgentConfiguration) async throws(AgentError) {
        do {
            lastReload = try await take(new)
        } catch {
            noteFailedReload("\(error)")
            throw error
        }
    }

    /// Notes that a configuration was not taken.
    func noteFailedReload(_ reason: String) {
        lastReload = .failed(wall: WatchTime.now.wall, reason: reason)
    }

    private func take(_ new: AgentConfiguration) async throws(AgentError) -> AgentHealth.Reload {
        try AlertOutlets.check(new.delivery)
        do {
            try collector.apply(new.watch)
        } catch {
            throw .watch(.rules(error))
        }
        try await outlets.apply(new.delivery)
        if leaks.apply(new.leaks) { writer.resume(&leaks, now: .now) }
        store.keep(new.retention)
        budget.change(to: new.budget)
        configuration = new
        alerts.apply(new.alerts, collectionInterval: interval)
        return .succeeded(wall: WatchTime.now.wall)
    }

    private var resolvedAlerts: [Alert] {
        let latestFirst = (alerts.resolvedAlerts + resolvedBefore)
            .sorted { $0.resolvedAt ?? $0.since > $1.resolvedAt ?? $1.since }
        return Array(latestFirst.prefix(configuration.alerts.resolvedLimit))
    }

    /// Writes what is left to write; what a later collection finds stays in memory.
    nonisolated func flush() async { await store.flush() }

    /// As `flush`, and releases the state directory.
    nonisolated func close() async { await store.close() }

    /// Logs when the store fails, and when it works again.
    private func reportStore() {
        for note in store.takeNotes() { log.warning("store: \(note)") }
        let status = store.status
        guard status != storeStatus else { return }
        storeStatus = status
        switch status {
        case .working: log.notice("the store works again; what was kept in memory is being written")
        case .failing(let error): log.error("going on in memory: \(error)")
        }
    }

    private func count(_ snapshot: HostSnapshot, _ events: [AlertEvent], isLate: Bool) {
        counters.collections += 1
        counters.lateCollections += isLate ? 1 : 0
        counters.collectionCPUSeconds += snapshot.cost.cpuSeconds
        counters.alertsFired += UInt64(events.count { $0.transition == .fired })
        counters.alertsResolved += UInt64(events.count { $0.transition == .resolved })
        let stored = store.counters
        counters.storeErrors = stored.errors
        counters.storedReadings = stored.storedReadings
        counters.unstoredReadings = stored.unstoredReadings
    }

    private func health(at time: WatchTime) -> AgentHealth {
        let usage = try? SelfUsage()
        if let usage,
            budget.note(usage, collectionCPUSeconds: counters.collectionCPUSeconds, at: time.monotonic)
        {
            changeDegradation()
        }
        (counters.deliveries, counters.failedDeliveries) = outlets.counts
        counters.unwrittenAlertLines = outlets.unwrittenLines
        return AgentHealth(
            version: Version.text, startedAt: startedAt, cpuSeconds: usage?.cpuSeconds,
            residentBytes: usage?.residentBytes, virtualBytes: usage?.virtualBytes,
            openDescriptors: usage?.openDescriptors, descriptorLimit: usage?.descriptorLimit,
            store: storeHealth, lastReload: lastReload, limitations: limitations, degraded: budget.degradations,
            collectionInterval: interval, suppressedAlerts: alerts.suppressed, destinations: outlets.destinations,
            counters: counters)
    }

    private func changeDegradation() {
        collector.degradation = budget.degradation
        alerts.apply(configuration.alerts, collectionInterval: interval)
        if budget.degraded.isEmpty {
            log.notice("nothing is degraded any more")
        } else {
            log.warning("degraded to stay within the budget: \(budget.degraded.joined(separator: "; "))")
        }
    }

    private var storeHealth: AgentHealth.Store {
        switch store.status {
        case .working: .working
        case .failing(let error): .failing(reason: "\(error)")
        }
    }
}

extension HostAgent: AgentSource {
    package nonisolated var state: AgentState? { published.state }

    package nonisolated var processorUse: ProcessorUse? { published.use }

    package nonisolated var secondsSinceCollection: Double? {
        published.state.map { max(0, WatchTime.now.monotonic - $0.snapshot.time.monotonic) }
    }

    package nonisolated var revision: UInt64 { published.revision }

    package nonisolated func memory(ofGroup group: String, minutes: Int) async throws -> MemoryHistory {
        try await storeReads.memory(ofGroup: group, minutes: minutes)
    }

    package nonisolated func resolvedAlerts(limit: Int) async throws -> AlertHistory {
        try await storeReads.resolvedAlerts(limit: limit, remembered: published.state?.resolvedAlerts ?? [])
    }

    package func reset() async throws {
        leaks.reset()
        emptied.empty(at: WatchTime.now.monotonic)
        counters = AgentCounters()
    }
}
