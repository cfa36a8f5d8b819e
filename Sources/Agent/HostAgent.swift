internal import AgentConfiguration
internal import AgentServer
package import AgentState
internal import AlertDelivery
package import Alerting
internal import Daemon
internal import Foundation
internal import HostWatch
internal import Logging
internal import MemoryTrends
internal import ProcFS
internal import ProfileModel
internal import SeriesStore
internal import Synchronization

/// Looks at the host, judges what it sees, and keeps and publishes what it knows.
///
/// Each look goes one way: processes, verdicts, alerts, store, and the state that requests read.
package actor HostAgent {
    private nonisolated let executor = QueueExecutor(label: "sonde.looks")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // Safe: the actor owns the executor.
        unsafe executor.asUnownedSerialExecutor()
    }

    nonisolated let published = PublishedState()
    nonisolated let store: ResilientStore
    private nonisolated let log: Logger
    private let outlets: AlertOutlets
    private var configuration: AgentConfiguration
    private var watcher: HostWatcher
    private var leaks: LeakWatch
    private var growth: GrowthAttribution
    private var alerts: AlertEngine
    private var budget: AgentBudget
    private var writer: SeriesWriter
    private var counters = AgentCounters()
    private var previous: HostSnapshot?
    private var lastReload = AgentHealth.Reload.none
    private let startedAt = WatchTime.now.wall
    private let limitations = Visibility.limitations()

    init(
        _ configuration: AgentConfiguration, procfs: ProcFS, store: ResilientStore, outlets: AlertOutlets, log: Logger
    ) throws(AgentError) {
        self.configuration = configuration
        self.store = store
        self.outlets = outlets
        self.log = log
        do {
            watcher = try HostWatcher(procfs: procfs, settings: configuration.watch)
        } catch {
            throw .watch(error)
        }
        var leaks = LeakWatch(settings: configuration.leaks)
        let bootID = (try? procfs.bootID()) ?? "unknown since \(WatchTime.now.wall)"
        var writer = SeriesWriter(store: store, bootID: bootID)
        writer.resume(&leaks, now: .now)
        self.leaks = leaks
        self.writer = writer
        growth = GrowthAttribution(procfs: procfs)
        budget = AgentBudget(configuration.budget)
        let active = store.alerts(state: Alert.State.active.rawValue, limit: 1000).compactMap(AlertRecord.alert)
        alerts = AlertEngine(
            settings: configuration.alerts, lookInterval: configuration.watch.interval, restoring: active)
    }

    /// Seconds until the next look.
    var interval: Double { configuration.watch.interval * budget.slowdown }

    /// Looks once.
    func look(isLate: Bool) async {
        let time = WatchTime.now
        let snapshot: HostSnapshot
        do {
            snapshot = try watcher.look(at: time)
        } catch {
            log.error("the host can't be looked at: \(error)")
            return
        }
        leaks.observe(snapshot)
        let pools = configuration.watch.pools.map { PoolUse($0, in: snapshot) }
        var verdicts = leaks.verdicts
        growth.look(at: snapshot, verdicts)
        growth.explain(&verdicts)
        let use = previous.flatMap { ProcessorUse(from: $0, to: snapshot) }
        let observations = AlertObservations(
            snapshot, processorUse: use, verdicts: verdicts, pools: pools, settings: configuration.alerts,
            watchesLeaks: configuration.leaks.isEnabled)
        let events = alerts.evaluate(observations.all, at: (time.monotonic, time.wall))
        writer.write(snapshot)
        keep(events)
        count(snapshot, events, isLate: isLate)
        let state = AgentState(
            snapshot: snapshot, verdicts: verdicts, pools: pools, activeAlerts: alerts.activeAlerts,
            resolvedAlerts: alerts.resolvedAlerts, health: await health(at: time))
        published.publish(state, use: use)
        previous = snapshot
        await outlets.report(events, active: state.activeAlerts)
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
        try await outlets.check(new.delivery)
        do {
            try watcher.apply(new.watch)
        } catch {
            throw .watch(.rules(error))
        }
        try await outlets.apply(new.delivery)
        if leaks.apply(new.leaks) { writer.resume(&leaks, now: .now) }
        alerts.apply(new.alerts, lookInterval: new.watch.interval)
        store.keep(new.retention)
        budget.change(to: new.budget)
        configuration = new
        return .succeeded(wall: WatchTime.now.wall)
    }

    /// Writes what is left to write; no look may follow.
    func finish() { store.close() }

    private func keep(_ events: [AlertEvent]) {
        for event in events {
            if let record = AlertRecord.stored(event.alert) { store.save(record) }
        }
        for note in store.takeNotes() { log.warning("store: \(note)") }
    }

    private func count(_ snapshot: HostSnapshot, _ events: [AlertEvent], isLate: Bool) {
        counters.looks += 1
        counters.lateLooks += isLate ? 1 : 0
        counters.lookCPUSeconds += snapshot.cost.cpuSeconds
        counters.alertsFired += UInt64(events.count { $0.transition == .fired })
        counters.alertsResolved += UInt64(events.count { $0.transition == .resolved })
        let stored = store.counters
        counters.storeErrors = stored.errors
        counters.storedReadings = stored.storedReadings
        counters.unstoredReadings = stored.unstoredReadings
    }

    private func health(at time: WatchTime) async -> AgentHealth {
        let usage = try? SelfUsage()
        if let usage, budget.note(usage, at: time.monotonic) { changeShedding() }
        (counters.deliveries, counters.failedDeliveries) = await outlets.counts
        return AgentHealth(
            version: Version.text, startedAt: startedAt, cpuSeconds: usage?.cpuSeconds ?? 0,
            residentBytes: usage?.residentBytes ?? 0, virtualBytes: usage?.virtualBytes ?? 0,
            openDescriptors: usage?.openDescriptors ?? 0, descriptorLimit: usage?.descriptorLimit,
            store: storeHealth, lastReload: lastReload, limitations: limitations, shed: budget.shed,
            counters: counters)
    }

    private func changeShedding() {
        watcher.shedding = budget.shedding
        if budget.shed.isEmpty {
            log.notice("all is measured again")
        } else {
            log.warning("left out to stay within the budget: \(budget.shed.joined(separator: "; "))")
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

    package nonisolated func memory(ofGroup group: String, minutes: Int) async throws -> [MemoryPoint] {
        let now = WatchTime.now.wall
        let points = store.points(ofGroup: group, from: now - Double(minutes) * 60, until: now)
        return points.map { point in
            MemoryPoint(wall: point.sum.wall, resident: point.sum.residentLast, anonymous: point.sum.last)
        }
    }

    package nonisolated func resolvedAlerts(limit: Int) async throws -> [Alert] {
        store.alerts(state: Alert.State.resolved.rawValue, limit: limit).compactMap(AlertRecord.alert)
    }

    package func reset() async throws {
        leaks = LeakWatch(settings: configuration.leaks)
        counters = AgentCounters()
    }
}
