package import MemoryTrends
import ProfileModel
import SystemSupport

/// Judges the memory of every process, collection by collection.
package struct LeakWatch: Sendable {
    private var settings: LeakWatchSettings
    private var watched: [ProcessIdentity: WatchedFloors] = [:]

    package init(settings: LeakWatchSettings) { self.settings = settings }

    /// For every process whose memory moved enough to be judged.
    package var verdicts: [ProcessIdentity: LeakVerdict] {
        guard settings.isEnabled else { return [:] }
        return watched.compactMapValues(\.verdict)
    }

    /// Takes a reading of an earlier run: those of a process in the order of time, before the first collection.
    package mutating func resume(_ identity: ProcessIdentity, _ reading: MemoryReading) {
        watched[identity, default: WatchedFloors(identity: identity, settings: settings)].add(reading)
    }

    /// How far back readings count, in seconds.
    package var reach: Double { settings.isEnabled ? settings.windows.max() ?? 0 : 0 }

    /// Takes the readings of a collection, discards processes that have ended, and renews the verdicts that are due.
    package mutating func observe(_ snapshot: HostSnapshot) {
        guard settings.isEnabled else { return }
        let now = snapshot.time.monotonic
        for process in snapshot.processes where !process.memory.isParents {
            watched[process.identity, default: WatchedFloors(identity: process.identity, settings: settings)]
                .observe(process, now: now, settings: settings)
        }
        // Every process that was measured has floors: others have ended, or could not be read.
        guard watched.count > snapshot.processes.count(where: { !$0.memory.isParents }) else { return }
        let unread = Set(snapshot.unread)
        let ended = watched.lazy.filter { $0.value.lastSeen != now && !unread.contains($0.key.process) }.map(\.key)
        for identity in Array(ended) { watched[identity] = nil }
    }

    /// Returns whether the windows are others, so that the floors begin anew until `resume` gives them the past.
    package mutating func apply(_ new: LeakWatchSettings) -> Bool {
        let isOther = new.windows != settings.windows || new.isEnabled != settings.isEnabled
        settings = new
        if isOther { watched.removeAll() }
        return isOther
    }
}

/// What is kept of one process's memory.
private struct WatchedFloors: Sendable {
    private var floors: MemoryFloors
    private var lowest = UInt64.max
    private var highest: UInt64 = 0
    private var nextVerdict: Double?
    /// Spreads the verdicts of processes that were found together over the interval.
    private let phase: Double
    private(set) var lastSeen = 0.0
    private(set) var verdict: LeakVerdict?

    init(identity: ProcessIdentity, settings: LeakWatchSettings) {
        floors = MemoryFloors(criteria: LeakCriteria(windows: settings.windows))
        phase = Double(identity.process.rawValue % 64) / 64
    }

    mutating func add(_ reading: MemoryReading) {
        floors.add(reading)
        lowest = min(lowest, reading.bytes)
        highest = max(highest, reading.bytes)
    }

    mutating func observe(_ process: ProcessMeasurement, now: Double, settings: LeakWatchSettings) {
        lastSeen = now
        add(MemoryReading(seconds: now, bytes: process.memory.leakable))
        // Memory that has never moved by what a leak needs, as that of most processes, costs no verdict.
        guard highest >= settings.minimumBytes, Double(highest - lowest) >= floors.criteria.smallestGrowth else {
            return
        }
        guard now >= nextVerdict ?? now else { return }
        let step = nextVerdict == nil ? settings.interval * phase : settings.interval
        nextVerdict = now + step
        verdict = floors.verdict(
            startOfLife: process.startedAt, limit: process.memory.limit.bytes, room: process.memory.room)
        if let freed = process.memory.lazilyFreed {
            verdict?.evidence += ", without \(NumberText.bytes(freed)) that was freed lazily (MADV_FREE)"
        }
    }
}

/// How the leak watch judges.
package struct LeakWatchSettings: Equatable, Sendable {
    package var isEnabled = true
    /// How often verdicts are renewed, in seconds.
    package var interval: Double = 30
    /// The windows over which growth is judged, in seconds, ascending.
    package var windows: [Double] = [3600, 6 * 3600, 72 * 3600]
    /// Processes that never used more are not judged, in bytes.
    package var minimumBytes: UInt64 = 8 << 20

    package init() {}
}
