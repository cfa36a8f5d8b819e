internal import Daemon
internal import Foundation
internal import HostWatch
internal import MemoryTrends
internal import ProcFS
internal import ProfileModel
internal import SeriesStore

/// Writes collections to the store: every process's memory, and which processes are new, renamed or ended.
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

    /// Gives the leak watch what was read before a restart, and notes which processes lived then, so that the store gets
    /// the ends of those that ended meanwhile.
    mutating func resume(_ leaks: inout LeakWatch, now: WatchTime) {
        let since = max(0, now.monotonic - leaks.reach)
        for (subject, description) in store.liveSeries(bootID: bootID, since: since) {
            known[ProcessIdentity(subject)] = description
        }
        for service in store.services(limit: ServiceKey.most) {
            guard let memory = ServiceMemory(service) else { continue }
            leaks.resume(ServiceKey(group: service.group, command: service.command), memory)
        }
        store.visitPoints(bootID: bootID, fromMonotonic: since) { subject, point in
            guard point.monotonic <= now.monotonic else { return }
            leaks.resume(
                ProcessIdentity(subject), MemoryReading(seconds: point.monotonic, bytes: point.minimum))
        }
    }

    /// Writes what is new of services, each with the processes that have ended.
    func write(_ services: [ServiceKey: ServiceMemory]) {
        store.save(services.compactMap { StoredService($0.key, $0.value) })
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
            if process.memory.isParents { continue }
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

extension ProcessIdentity {
    init(_ subject: SeriesKey) {
        self.init(process: ProcessID(rawValue: subject.process), startTicks: subject.startTicks)
    }
}

extension StoredService {
    /// `nil` for figures that have no JSON form.
    fileprivate init?(_ key: ServiceKey, _ memory: ServiceMemory) {
        guard let json = try? JSONEncoder().encode(memory) else { return nil }
        self.init(group: key.group, command: key.command, json: String(decoding: json, as: UTF8.self))
    }
}

extension ServiceMemory {
    /// `nil` for one that another version wrote in another form.
    fileprivate init?(_ stored: StoredService) {
        guard let memory = try? JSONDecoder().decode(Self.self, from: Data(stored.json.utf8)) else { return nil }
        self = memory
    }
}

extension ProcFS {
    /// The number that the kernel made for this boot: `random/boot_id`, random(4).
    func bootID() throws(ProcFSError) -> String {
        let bytes = try bytes(of: "sys/kernel/random/boot_id", limit: 128)
        return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    }
}
