internal import Daemon
internal import HostWatch
internal import MemoryTrends
internal import ProfileModel
internal import SeriesStore

/// Hands looks to the store: every process's memory, and who is new, called otherwise, or gone.
struct SeriesWriter {
    private let store: ResilientStore
    private let bootID: String
    private var known: [ProcessIdentity: SeriesDescription] = [:]
    /// By the monotonic clock.
    private var nextMaintenance = 0.0
    private static let maintenanceInterval = 60.0

    init(store: ResilientStore, bootID: String) {
        self.store = store
        self.bootID = bootID
    }

    /// Gives the leak watch what was read before a restart, and notes who lived then, so that the ends that nobody saw
    /// are told to the store.
    mutating func resume(_ leaks: inout LeakWatch, now: WatchTime) {
        let since = max(0, now.monotonic - leaks.reach)
        for (subject, description) in store.liveSeries(bootID: bootID, since: since) {
            known[ProcessIdentity(subject)] = description
        }
        store.visitPoints(bootID: bootID, fromMonotonic: since) { subject, point in
            guard point.monotonic <= now.monotonic else { return }
            leaks.resume(
                ProcessIdentity(subject), MemoryReading(seconds: point.monotonic, bytes: point.minimum))
        }
    }

    mutating func write(_ snapshot: HostSnapshot) {
        var batch = SeriesBatch(
            wall: snapshot.time.wall, monotonic: snapshot.time.monotonic, bootID: bootID, readings: [])
        batch.readings.reserveCapacity(snapshot.processes.count)
        var present: Set<ProcessIdentity> = []
        present.reserveCapacity(snapshot.processes.count)
        for process in snapshot.processes {
            let subject = subject(process.identity)
            present.insert(process.identity)
            batch.readings.append(
                SeriesReading(key: subject, bytes: process.memory.leakable, resident: process.memory.resident))
            let description = SeriesDescription(
                group: process.group, command: process.command, user: process.user)
            guard known[process.identity] != description else { continue }
            known[process.identity] = description
            batch.descriptions[subject] = description
        }
        let unread = Set(snapshot.unread)
        for identity in known.keys where !present.contains(identity) && !unread.contains(identity.process) {
            known[identity] = nil
            batch.ended.append(subject(identity))
        }
        store.append(batch)
        maintain(at: snapshot.time.monotonic)
    }

    private mutating func maintain(at monotonic: Double) {
        guard monotonic >= nextMaintenance else { return }
        store.maintain()
        OwnHeap.trim()
        nextMaintenance = monotonic + Self.maintenanceInterval
    }

    private func subject(_ identity: ProcessIdentity) -> SeriesKey {
        SeriesKey(bootID: bootID, process: identity.process.rawValue, startTicks: identity.startTicks)
    }
}
