import Dispatch
import Synchronization
import TrendFamilies

/// What the operators of a simulated fleet had of its leak alerts.
package struct FleetScore: Sendable {
    /// How much is played.
    package struct Extent: Sendable {
        /// Services of each kind.
        package var services: Int
        package var seed: UInt64
        /// Days before those that count: what the agent knows of the services then.
        package var history = 0.0
        /// Days that count of services that don't leak; those that leak are played for as long as an alert can be in time.
        package var days = 3.0

        package init(services: Int, seed: UInt64) { (self.services, self.seed) = (services, seed) }
    }

    package let runs: [FleetRun]
    package let extent: Extent

    private static let day = 86_400.0
    /// After the onset, which is on the first day: three until an alert is late, and two for a leak to show.
    private static let leakDays = 6.0

    package init(_ kinds: [FleetKind], _ extent: Extent) {
        let jobs = kinds.flatMap { kind in (0..<extent.services).map { (kind, $0) } }
        let runs = Mutex([FleetRun?](repeating: nil, count: jobs.count))
        DispatchQueue.concurrentPerform(iterations: jobs.count) { number in
            let run = Self.play(jobs[number].0, index: jobs[number].1, extent)
            runs.withLock { $0[number] = run }
        }
        self.runs = runs.withLock { $0.compactMap(\.self) }
        self.extent = extent
    }

    private static func play(_ kind: FleetKind, index: Int, _ extent: Extent) -> FleetRun {
        var draw = Draw(seed: extent.seed, family: "onset of \(kind.name)", index: index)
        let start = extent.history * day
        let onset = start + (draw.chance(0.3) ? 0 : draw.uniform(0, day))
        let replay = FleetReplay(length: start + day * (kind.leaks ? leakDays : extent.days), start: start)
        return replay.play(kind, seed: extent.seed, index: index, onset: onset)
    }

    private init(_ runs: [FleetRun], _ extent: Extent) { (self.runs, self.extent) = (runs, extent) }

    /// Of one kind alone.
    package func of(_ kind: FleetKind) -> FleetScore { FleetScore(runs.filter { $0.kind.name == kind.name }, extent) }

    // What doesn't leak.

    private var sound: [FleetRun] { runs.filter { !$0.kind.leaks } }

    /// Alerts about services that don't leak.
    package var falseAlerts: Int { sound.reduce(0) { $0 + $1.falseNotices.count } }

    /// Days that the processes of services that don't leak ran.
    package var processDays: Double { sound.reduce(0) { $0 + $1.processSeconds } / Self.day }

    /// Days of services that don't leak.
    package var serviceDays: Double { Double(sound.count) * extent.days }

    // What leaks.

    /// Those of the leaks that would fill their limit within 25 days.
    package var leaks: [FleetRun] { runs.filter { $0.kind.leaks && $0.matters } }

    package var leaksInTime: Int { leaks.count(where: \.isInTime) }

    /// Alerts about the same leak beyond the first one.
    package var repeatedAlerts: Int { leaks.reduce(0) { $0 + max(0, $1.trueNotices.count - 1) } }

    /// Leaks that were alerted within so many hours of their onset.
    package func leaks(alertedWithin hours: Double) -> Int {
        leaks.count { run in run.trueNotices.first.map { $0.seconds - run.onset <= hours * 3600 } ?? false }
    }

    /// Leaks that were alerted before the first kill, and those that had one.
    package var beforeKill: (alerted: Int, all: Int) {
        let killed = leaks.filter { $0.firstKill != nil }
        let alerted = killed.count { ($0.trueNotices.first?.seconds ?? .infinity) < $0.firstKill ?? 0 }
        return (alerted, killed.count)
    }

    /// The share of the time from their first alert on in which leaks had an active one.
    package var activeShare: Double {
        let alerted = leaks.filter { !$0.trueNotices.isEmpty }
        let time = alerted.reduce(0) { $0 + $1.secondsSinceAlert }
        return time > 0 ? alerted.reduce(0) { $0 + $1.activeSeconds } / time : 0
    }
}
