import Alerting

/// An engine with a clock that collections every five seconds.
struct AlertScene {
    static let interval = 5.0
    var engine: AlertEngine
    private(set) var monotonic = 1000.0
    private(set) var wall = 1_700_000_000.0
    private(set) var events: [AlertEvent] = []

    init(_ settings: AlertSettings = .brief, restoring alerts: [Alert] = []) {
        engine = AlertEngine(settings: settings, collectionInterval: Self.interval, restoring: alerts)
    }

    var transitions: [AlertEvent.Transition] { events.map(\.transition) }

    /// Collections once, after the time given has passed by both clocks.
    @discardableResult
    mutating func collect(
        _ observations: [AlertObservation], unread: Set<Int32> = [], after seconds: Double = Self.interval
    ) -> [AlertEvent] {
        monotonic += seconds
        wall += seconds
        let new = engine.evaluate(observations, unread: unread, at: (monotonic, wall))
        events += new
        return new
    }

    /// Collections as often as it takes for the time given.
    mutating func collect(_ observations: [AlertObservation], unread: Set<Int32> = [], for seconds: Double) {
        for _ in 0..<Int(seconds / Self.interval) { collect(observations, unread: unread) }
    }

    mutating func setWallClock(to wall: Double) { self.wall = wall }
}

extension AlertSettings {
    /// Process memory above 0.8 for 60 s is a warning, above 0.95 for 20 s critical; 30 s below clear it.
    static var brief: AlertSettings {
        var thresholds = AlertThresholds(
            warning: .init(above: 0.8, hold: 60), critical: .init(above: 0.95, hold: 20))
        thresholds.clearHold = 30
        var settings = AlertSettings()
        settings.thresholds[.processMemory] = thresholds
        return settings
    }
}

extension AlertSubject {
    static let redis = AlertSubject(group: "redis", process: 4711, command: "redis-server", startTicks: 815)
    /// All of them, whose leaks are one alert.
    static let redisProcesses = AlertSubject(
        group: "redis", process: nil, command: nil, startTicks: nil, user: .max)
}

extension AlertObservation {
    static func memory(_ share: Double, of subject: AlertSubject = .redis) -> AlertObservation {
        AlertObservation(.processMemory, subject, .value(share)) { "memory at \(share)" }
    }

    static func leak(
        _ severity: Alert.Severity?, of subject: AlertSubject = .redisProcesses, count: Int = 1
    ) -> AlertObservation {
        AlertObservation(.leak, subject, .verdict(severity, value: 1024), count: count, worst: .redis) { "grows" }
    }

    static let undecidedLeak = AlertObservation(.leak, .redisProcesses, .undecided(value: 256)) { "may grow" }

    static func tentativeLeak(_ severity: Alert.Severity?) -> AlertObservation {
        AlertObservation(.leak, .redisProcesses, .tentative(severity, value: 512)) { "seems to grow" }
    }
}
