import Alerting
import HostWatch
import MemoryTrends
import ProfileModel

/// What happened to one service in a replay, and when its operator was notified.
package struct FleetRun: Sendable {
    /// A notification that a service leaks.
    package struct Notice: Sendable {
        package let seconds: Double
        /// Of the growth that it is about, the share that is leaked, 0 to 1.
        package let leakedShare: Double
        package let evidence: String
    }

    package let kind: FleetKind
    package let onset: Double
    /// From which moment on it counts.
    private let start: Double
    package private(set) var notices: [Notice] = []
    /// When a process had leaked as much as can be seen.
    package private(set) var shown: Double?
    package private(set) var firstKill: Double?
    /// Seconds that processes ran, of all together.
    package private(set) var processSeconds = 0.0
    /// Seconds since the first alert, and those of them in which one was active.
    package private(set) var secondsSinceAlert = 0.0
    package private(set) var activeSeconds = 0.0
    /// Seconds until the leak fills what was left when it was seen first, at its mean rate; `nil`: never.
    package private(set) var fillTime: Double?
    private var active = 0
    private var histories: [Int32: LeakHistory] = [:]
    /// Bytes leaked in all lives.
    private var leaked = 0.0
    private var room = 0.0

    /// Bytes leaked and in use over time, of one process.
    private struct LeakHistory: Sendable {
        var seconds: [Double] = []
        var leaked: [Double] = []
        var last = 0.0

        /// Bytes leaked in the latest seconds.
        func leaked(within window: Double) -> Double {
            guard let now = seconds.last else { return 0 }
            let first = seconds.firstIndex { $0 >= now - window } ?? 0
            return last - leaked[first]
        }
    }

    init(kind: FleetKind, start: Double, onset: Double) {
        (self.kind, self.start, self.onset) = (kind, start, onset)
    }

    /// The share of a process's memory that has to have leaked before anybody can see it.
    private static let visible = 0.02

    mutating func note(_ service: any FleetService, at seconds: Double, step: Double) {
        for process in service.processes {
            processSeconds += seconds >= start ? step : 0
            guard kind.leaks else { continue }
            var history = histories[process.number] ?? LeakHistory()
            leaked += max(0, process.leaked - history.last)
            history.last = process.leaked
            history.seconds.append(seconds)
            history.leaked.append(process.leaked)
            histories[process.number] = history
            let needed = max(4_194_304, Self.visible * process.memory)
            if shown == nil, process.leaked >= needed {
                shown = seconds
                room = max(0, service.limit - service.processes.reduce(0) { $0 + $1.memory })
            }
        }
        guard !notices.isEmpty else { return }
        secondsSinceAlert += step
        activeSeconds += active > 0 ? step : 0
    }

    mutating func note(_ event: AlertEvent, _ verdicts: [ProcessIdentity: LeakVerdict], at seconds: Double) {
        switch event.transition {
        case .fired:
            active += 1
            notices.append(
                Notice(
                    seconds: seconds, leakedShare: share(event.alert, verdicts), evidence: event.alert.evidence))
        case .resolved: active -= 1
        case .escalated, .eased: break
        }
    }

    /// Of the growth that an alert is about.
    private func share(_ alert: Alert, _ verdicts: [ProcessIdentity: LeakVerdict]) -> Double {
        guard kind.leaks else { return 0 }
        let named = verdicts.filter { identity, verdict in
            alert.process?.process.map { identity.process.rawValue == $0 } ?? (verdict.level > .none)
        }
        return named.map { identity, verdict in
            (histories[identity.process.rawValue]?.leaked(within: verdict.window) ?? 0) / max(1, verdict.floorGrowth)
        }.max() ?? 0
    }

    /// The process that the kernel kills, if the service has reached its limit.
    func victim(of service: any FleetService) -> Int32? {
        let all = service.processes.reduce(0) { $0 + $1.memory }
        return all < service.limit ? nil : service.processes.max { $0.memory < $1.memory }?.number
    }

    mutating func killed(at seconds: Double) { firstKill = firstKill ?? seconds }

    mutating func end(at seconds: Double) {
        guard let shown, leaked > 0 else { return }
        let rate = leaked / max(1, seconds - onset)
        fillTime = firstKill.map { $0 - shown } ?? room / rate
        histories = [:]
    }
}

extension FleetRun {
    /// The share of growth from which on it is the leak's.
    private static let leakShare = 0.3

    /// Notices of growth of which too little is leaked.
    package var falseNotices: [Notice] { notices.filter { $0.seconds >= start && $0.leakedShare < Self.leakShare } }

    /// Those of the leak.
    package var trueNotices: [Notice] { notices.filter { $0.leakedShare >= Self.leakShare } }

    /// Whether the leak matters: it would fill its limit within 25 days.
    package var matters: Bool { (fillTime ?? .infinity) <= 25 * 86_400 }

    /// Until when an alert is in time: before half of the way from the leak's showing to its limit is gone (a day always
    /// suffices, three days never), and half an hour before the first kill.
    package var deadline: Double? {
        guard let shown, let fillTime else { return nil }
        let half = shown + min(max(fillTime / 2, 86_400), 3 * 86_400)
        return min(half, (firstKill ?? .infinity) - 1800)
    }

    package var isInTime: Bool {
        guard let deadline, let first = trueNotices.first else { return false }
        return first.seconds <= deadline
    }
}
