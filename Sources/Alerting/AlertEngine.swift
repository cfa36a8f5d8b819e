/// Compares what is measured with the settings, collection by collection, and reports when an alert begins, changes and
/// ends.
///
/// Durations are of the monotonic clock and count only while something was collected; `since` and `resolvedAt` are wall
/// clock times.
package struct AlertEngine: Sendable {
    /// The last ones, newest first; bounded by the settings.
    package private(set) var resolvedAlerts: [Alert] = []
    /// Conditions that hold but have no alert, since as many alerts as `AlertQuotas` allows are active.
    package private(set) var suppressed = 0
    private var settings: AlertSettings
    private var clock: ObservedClock
    private var collections = 0
    private var tracks: [AlertKey: AlertTrack] = [:]
    private var folds: [AlertKey: AlertFold] = [:]
    private var counts = AlertCounts()
    private var notified = RecentLeaks()

    /// - Parameters:
    ///   - collectionInterval: Seconds between two collections.
    ///   - alerts: What was active before a restart: it isn't fired again, and resolves as any other. Of those that were
    ///     resolved, leaks aren't fired again so soon.
    package init(settings: AlertSettings, collectionInterval: Double, restoring alerts: [Alert] = []) {
        self.settings = settings
        clock = ObservedClock(interval: collectionInterval)
        for alert in alerts where alert.type == .leak { notified.note(alert, settings) }
        for alert in alerts where alert.state == .active {
            let key = AlertKey(alert.type, alert.subject)
            if alert.subject.isFolded, alert.type != .leak {
                // Its processes have to hold the condition for as long again before they are known to.
                let hold = settings.longestHold(of: alert.type)
                folds[key] = AlertFold(restoring: alert, until: clock.seconds + hold + longestGap)
            } else {
                tracks[key] = AlertTrack(restoring: alert)
            }
            counts.add(alert)
        }
    }

    /// Takes new settings; they are in force from the next collection on.
    package mutating func apply(_ settings: AlertSettings, collectionInterval: Double) {
        self.settings = settings
        clock.interval = collectionInterval
    }

    /// Oldest first.
    package var activeAlerts: [Alert] {
        (tracks.values.compactMap(\.alert) + folds.values.map(\.alert)).sorted { ($0.since, $0.id) < ($1.since, $1.id) }
    }

    /// Takes one collection of everything that is watched: what isn't among the observations isn't there any more.
    ///
    /// - Parameter unread: The numbers of processes that are there and could not be read, of which nothing is observed.
    package mutating func evaluate(
        _ observations: [AlertObservation], unread: Set<Int32> = [], at time: (monotonic: Double, wall: Double)
    ) -> [AlertEvent] {
        clock.collect(at: time.monotonic)
        collections += 1
        var members = FoldMembers()
        var events = observations.compactMap { take($0, at: time.wall, &members) }
        keep(unread)
        events += resolveMissing(observations, at: time.wall, &members)
        events += fold(&members, at: time.wall)
        suppressed = tracks.values.count { $0.alert == nil && $0.severity != nil } - members.foldedCount
        return events
    }

    /// What is between two readings that are further apart counts as unknown; `HostWatchSettings` reads every 30 s.
    private var longestGap: Double { max(90, clock.longestStep) }

    private mutating func take(
        _ observation: AlertObservation, at wall: Double, _ members: inout FoldMembers
    ) -> AlertEvent? {
        let key = AlertKey(observation.type, observation.subject)
        let known = tracks[key]
        guard let rules = AlertRules(observation, settings: settings), let value = observation.value,
            known?.outweighs(observation.reading) != true
        else {
            tracks[key]?.lastCollection = collections
            return nil
        }
        if known == nil, rules.areQuiet { return nil }
        var track = known ?? AlertTrack(key.type, observation.subject)
        track.lastCollection = collections
        track.take(
            rules, of: observation.reading, observed: clock.seconds, longestGap: longestGap, wall: wall)
        if known?.isSuppressed == true, track.severity == nil {
            members.note(rules.areAbsent ? .notWatched : .cleared, of: key.type, track.subject)
        }
        let event = change(&track, key: key, rules: rules, value: value, observation: observation, at: wall)
        if track.isSuppressed {
            members.note(observation, value: value, of: track, rules: rules)
        }
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
        guard track.alert != nil || mayFire(key, track.subject, severity, at: wall) else { return nil }
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
        (alert.count, alert.worst) = (observation.count, observation.worst)
        track.alert = alert
        if key.type == .leak, before?.severity != severity { notified.note(alert, settings) }
        return event(for: alert, before, at: wall)
    }

    /// Whether a process has an alert of its own, or anything else one within its quotas; of leaks not so soon again.
    private func mayFire(
        _ key: AlertKey, _ subject: AlertSubject, _ severity: Alert.Severity, at wall: Double
    ) -> Bool {
        if let folded = subject.folded() {
            let key = AlertKey(key.type, folded)
            guard folds[key] == nil, counts.processes(of: key) < settings.quotas.perGroup else { return false }
        }
        return counts.hasRoom(for: key.type, subject.user, within: settings.quotas)
            && (key.type != .leak || notified.allows(key, severity, settings, at: wall))
    }

    /// What is reported of an alert after a change, and of a new one.
    private mutating func event(for alert: Alert, _ before: Alert?, at wall: Double) -> AlertEvent? {
        guard let before else {
            counts.add(alert)
            return AlertEvent(.fired, alert, at: wall)
        }
        guard before.severity != alert.severity else { return nil }
        return AlertEvent(before.severity < alert.severity ? .escalated : .eased, alert, at: wall)
    }

    /// Keeps the alert of a process that can't be read: its number is in use, and that of another process wouldn't differ.
    private mutating func keep(_ unread: Set<Int32>) {
        guard !unread.isEmpty else { return }
        for (key, track) in tracks where track.subject.process.map(unread.contains) ?? false {
            tracks[key]?.lastCollection = collections
        }
    }

    /// Ends what wasn't there in two collections: one may miss a process.
    private mutating func resolveMissing(
        _ observations: [AlertObservation], at wall: Double, _ members: inout FoldMembers
    ) -> [AlertEvent] {
        let missing = tracks.filter { collections - $0.value.lastCollection >= 2 }
        guard !missing.isEmpty else { return [] }
        var events: [AlertEvent] = []
        let observed = ObservedProcesses(observations)
        for (key, track) in missing {
            let isThere = observed.contains(track.subject)
            guard isThere || hasGone(track) else { continue }
            tracks[key] = nil
            if track.isSuppressed { members.note(.ended, of: key.type, track.subject) }
            guard let alert = track.alert else { continue }
            events.append(resolve(alert, isThere ? .notWatched : .ended, at: wall))
        }
        return events.sorted { $0.alert.id < $1.alert.id }
    }

    /// Whether the alert of what wasn't there in the latest collections is over: a service that leaks may be back soon.
    private func hasGone(_ track: AlertTrack) -> Bool {
        track.type != .leak || track.alert == nil || track.unknownFor(at: clock.seconds) > Self.restartTime
    }

    /// Seconds in which a service that leaks may have no process.
    private static let restartTime = 300.0

    /// Fires, changes and resolves the alerts of several processes.
    private mutating func fold(_ members: inout FoldMembers, at wall: Double) -> [AlertEvent] {
        for track in tracks.values where track.isSuppressed { members.count(track) }
        var events: [AlertEvent] = []
        for (key, group) in members.groups.sorted(by: { $0.key.id < $1.key.id }) where group.count > 0 {
            let before = folds[key]?.alert
            if before == nil {
                guard counts.processes(of: key) >= settings.quotas.perGroup,
                    counts.hasRoom(for: key.type, group.subject.user, within: settings.quotas)
                else { continue }
            }
            members.foldedCount += group.count
            guard let alert = group.alert(of: key, before, at: wall) else { continue }
            folds[key] = AlertFold(alert)
            if let event = event(for: alert, before, at: wall) { events.append(event) }
        }
        for (key, fold) in folds.sorted(by: { $0.key.id < $1.key.id }) where members.groups[key]?.count ?? 0 == 0 {
            guard fold.isOver(at: clock.seconds) else { continue }
            folds[key] = nil
            events.append(resolve(fold.alert, members.groups[key]?.resolution ?? .cleared, at: wall))
        }
        return events
    }

    private mutating func resolve(
        _ alert: Alert, _ resolution: AlertEvent.Resolution, at wall: Double
    ) -> AlertEvent {
        counts.remove(alert)
        let alert = alert.resolved(at: wall)
        resolvedAlerts.insert(alert, at: 0)
        if resolvedAlerts.count > settings.resolvedLimit {
            resolvedAlerts.removeLast(resolvedAlerts.count - max(settings.resolvedLimit, 0))
        }
        return AlertEvent(.resolved, alert, at: wall, resolution: resolution)
    }
}

extension AlertSettings {
    /// In seconds.
    fileprivate func longestHold(of type: AlertType) -> Double {
        if type == .leak { return leakHold }
        return max(thresholds[type]?.warning?.hold ?? 0, thresholds[type]?.critical?.hold ?? 0)
    }
}
