package import MemoryTrends
import ProfileModel
import SystemSupport

/// Judges the memory of every process, collection by collection, by itself and next to other processes of its service.
package struct LeakWatch: Sendable {
    private var settings: LeakWatchSettings
    private var watched: [ProcessIdentity: WatchedFloors] = [:]
    private var services = ServiceMemories()
    /// When processes are compared with their siblings anew, by the monotonic clock.
    private var nextComparison = -Double.infinity

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

    /// Takes what an earlier run knew of a service.
    package mutating func resume(_ service: ServiceKey, _ memory: ServiceMemory) { services.resume(service, memory) }

    /// What has changed of services since the last call, to be given to `resume` in a later run.
    package mutating func takeChangedServices() -> [ServiceKey: ServiceMemory] { services.takeChanged() }

    /// How far back readings count, in seconds.
    package var reach: Double { settings.isEnabled ? settings.windows.max() ?? 0 : 0 }

    /// Takes the readings of a collection, discards processes that have ended, and renews the verdicts that are due.
    package mutating func observe(_ snapshot: HostSnapshot) {
        guard settings.isEnabled else { return }
        let now = snapshot.time.monotonic
        let comparesSiblings = now >= nextComparison
        if comparesSiblings {
            services.forgetLiving()
            nextComparison = now + settings.interval
        }
        for process in snapshot.processes where !process.memory.isParents {
            let identity = process.identity
            watched[identity, default: WatchedFloors(identity: identity, settings: settings)].add(process, now: now)
            guard comparesSiblings, let level = watched[identity]?.plateau else { continue }
            services.noteLiving(identity, of: ServiceKey(process), level)
        }
        for process in snapshot.processes where !process.memory.isParents {
            watched[process.identity]?.judge(process, now: now, settings: settings) { age in
                services.expected(atAge: age, of: process)
            }
        }
        discardEnded(snapshot)
    }

    private mutating func discardEnded(_ snapshot: HostSnapshot) {
        // Every process that was measured has floors: others have ended, or could not be read.
        guard watched.count > snapshot.processes.count(where: { !$0.memory.isParents }) else { return }
        let (now, unread) = (snapshot.time.monotonic, Set(snapshot.unread))
        let ended = watched.lazy.filter { $0.value.lastSeen != now && !unread.contains($0.key.process) }.map(\.key)
        for identity in Array(ended) {
            guard let life = watched.removeValue(forKey: identity)?.endedLife else { continue }
            services.add(life, at: snapshot.time.wall)
        }
    }

    /// Returns whether the windows are others, so that the floors begin anew until `resume` gives them the past.
    package mutating func apply(_ new: LeakWatchSettings) -> Bool {
        let isOther = new.windows != settings.windows || new.isEnabled != settings.isEnabled
        settings = new
        if isOther { watched.removeAll() }
        return isOther
    }

    /// Forgets all readings; what is known of services stays.
    package mutating func reset() { watched.removeAll() }
}

/// How the leak watch judges.
package struct LeakWatchSettings: Equatable, Sendable {
    package var isEnabled = true
    /// How often verdicts are renewed, in seconds.
    package var interval: Double = 30
    /// The windows over which growth is judged, in seconds, ascending.
    package var windows: [Double] = [1, 3, 6, 12, 24, 36, 72].map { $0 * 3600 }
    /// Processes that never used more are not judged, in bytes.
    package var minimumBytes: UInt64 = 8 << 20

    package init() {}

    var criteria: LeakCriteria {
        var criteria = LeakCriteria(windows: windows)
        criteria.shareOfTimeLeft = 0.5
        return criteria
    }
}
