/// Holds what is measured against the settings, look by look, and says when an alert begins, changes and ends.
///
/// Durations go by the monotonic clock and count only while was looked; `since` and `resolvedAt` are wall clock times.
package struct AlertEngine: Sendable {
    /// The last ones, newest first; bounded by the settings.
    package private(set) var resolvedAlerts: [Alert] = []
    /// Conditions that hold but don't alert, since as many alerts as may be are active.
    package private(set) var heldBack = 0
    private let activeLimit: Int
    private var settings: AlertSettings
    private var clock: WatchedClock
    private var looks = 0
    private var tracks: [AlertKey: AlertTrack] = [:]
    private var activeCount = 0

    /// - Parameters:
    ///   - lookInterval: Seconds between two looks.
    ///   - activeLimit: How many alerts may be active at a time.
    ///   - alerts: What was active before a restart: it isn't fired again, and resolves as any other.
    package init(
        settings: AlertSettings, lookInterval: Double, activeLimit: Int = 1000, restoring alerts: [Alert] = []
    ) {
        self.settings = settings
        self.activeLimit = activeLimit
        clock = WatchedClock(interval: lookInterval)
        for alert in alerts where alert.state == .active && tracks.count < activeLimit {
            tracks[AlertKey(alert.type, alert.subject)] = AlertTrack(restoring: alert)
        }
        activeCount = tracks.count
    }

    /// Takes new settings; they count from the next look on.
    package mutating func apply(_ settings: AlertSettings, lookInterval: Double) {
        self.settings = settings
        clock.interval = lookInterval
    }

    /// Oldest first.
    package var activeAlerts: [Alert] {
        tracks.values.compactMap(\.alert).sorted { ($0.since, $0.id) < ($1.since, $1.id) }
    }

    /// Takes one look at everything that is watched: who isn't among the observations isn't there any more.
    ///
    /// - Parameter unread: The numbers of processes that are there and could not be read, of which nothing is observed.
    package mutating func evaluate(
        _ observations: [AlertObservation], unread: Set<Int32> = [], at time: (monotonic: Double, wall: Double)
    ) -> [AlertEvent] {
        clock.look(at: time.monotonic)
        looks += 1
        var events = observations.compactMap { take($0, at: time.wall) }
        keep(unread)
        events += resolveMissing(observations, at: time.wall)
        heldBack = tracks.values.count { $0.alert == nil && $0.severity != nil }
        return events
    }

    /// What is between two readings that are further apart counts as unknown; `HostWatchSettings` reads every 30 s.
    private var longestGap: Double { max(90, clock.longestStep) }

    private mutating func take(_ observation: AlertObservation, at wall: Double) -> AlertEvent? {
        let key = AlertKey(observation.type, observation.subject)
        let known = tracks[key]
        guard let rules = AlertRules(observation, settings: settings), let value = observation.value,
            known?.outweighs(observation.reading) != true
        else {
            tracks[key]?.lastLook = looks
            return nil
        }
        if known == nil, rules.areQuiet { return nil }
        var track = known ?? AlertTrack(subject: observation.subject)
        track.lastLook = looks
        track.take(
            rules, of: observation.reading, watched: clock.seconds, longestGap: longestGap, wall: wall)
        let event = change(&track, key: key, rules: rules, value: value, observation: observation, at: wall)
        tracks[key] = track.isIdle ? nil : track
        return event
    }

    /// Brings the track's alert in line with what holds.
    private mutating func change(
        _ track: inout AlertTrack, key: AlertKey, rules: AlertRules, value: Double, observation: AlertObservation,
        at wall: Double
    ) -> AlertEvent? {
        guard let severity = track.severity else {
            guard var alert = track.alert else { return nil }
            (alert.value, alert.evidence) = (value, observation.evidence())
            track.alert = nil
            let isWatched = rules.rule(for: alert.severity) != nil
            return resolve(alert, isWatched ? .cleared : .notWatched, at: wall)
        }
        guard track.alert != nil || activeCount < activeLimit else { return nil }
        let before = track.alert
        var alert =
            before
            ?? Alert(
                id: key.id, type: key.type, subject: track.subject, state: .active, severity: severity, value: value,
                threshold: 0, since: track.since ?? wall, resolvedAt: nil, evidence: "",
                recommendation: key.type.recommendation(for: track.subject))
        alert.severity = severity
        alert.value = value
        alert.threshold = rules.rule(for: severity)?.threshold ?? alert.threshold
        alert.evidence = observation.evidence()
        if let recommendation = observation.recommendation { alert.recommendation = recommendation }
        track.alert = alert
        guard let before else {
            activeCount += 1
            return AlertEvent(.fired, alert, at: wall)
        }
        guard before.severity != severity else { return nil }
        return AlertEvent(before.severity < severity ? .escalated : .eased, alert, at: wall)
    }

    /// Takes a process that can't be read for the one that it was: its number is in use, and who has it can't be told.
    private mutating func keep(_ unread: Set<Int32>) {
        guard !unread.isEmpty else { return }
        for (key, track) in tracks where track.subject.process.map(unread.contains) ?? false {
            tracks[key]?.lastLook = looks
        }
    }

    /// Ends what wasn't there in two looks: one may miss a process.
    private mutating func resolveMissing(_ observations: [AlertObservation], at wall: Double) -> [AlertEvent] {
        var events: [AlertEvent] = []
        for (key, track) in tracks where looks - track.lastLook >= 2 {
            tracks[key] = nil
            guard let alert = track.alert else { continue }
            let process = alert.subject.process
            let isThere = process != nil && observations.contains { $0.subject.isSameProcess(as: alert.subject) }
            events.append(resolve(alert, isThere ? .notWatched : .ended, at: wall))
        }
        return events.sorted { $0.alert.id < $1.alert.id }
    }

    private mutating func resolve(
        _ alert: Alert, _ resolution: AlertEvent.Resolution, at wall: Double
    ) -> AlertEvent {
        let alert = alert.resolved(at: wall)
        activeCount -= 1
        resolvedAlerts.insert(alert, at: 0)
        if resolvedAlerts.count > settings.resolvedLimit {
            resolvedAlerts.removeLast(resolvedAlerts.count - max(settings.resolvedLimit, 0))
        }
        return AlertEvent(.resolved, alert, at: wall, resolution: resolution)
    }
}
