import TrendFamilies

extension HeldOutFleet {
    /// How fast a service may leak, given what it needs and what it may use.
    struct LeakPlan {
        let onset: Double
        /// Bytes between the healthy service's peak and the limit.
        let room: Double
        /// The mean load.
        let load: Double

        static let none = LeakPlan(onset: .infinity, room: 0, load: 1)

        /// Bytes a second that fill the room in so many days, at the same rate always.
        func steady(days: Double) -> Double { room / (days * day) }

        /// The same at load 1, where the leak follows the load.
        func driven(days: Double) -> Double { steady(days: days) / max(load, 0.05) }
    }

    /// A service with a limit above what it needs in two weeks without a leak, as two trials show that.
    ///
    /// - Parameter bound: bytes that it is configured to use at most, where it rarely needs them.
    static func provisioned(
        _ draw: inout Draw, onset: Double = .infinity, bound: Double = 0, _ build: (LeakPlan) -> PooledService
    ) -> any FleetService {
        var trialDraw = draw
        let needs = (0..<2).map { _ in trial(build(.none), &trialDraw) }
        let (peak, load) = needs.reduce((bound, 0)) { (max($0.0, $1.peak), max($0.1, $1.load)) }
        let limit = limit(over: peak, leaks: onset < .infinity, &draw)
        var service = build(LeakPlan(onset: onset, room: limit - peak, load: load))
        service.limit = limit
        return service
    }

    private static func trial(_ service: PooledService, _ draw: inout Draw) -> (peak: Double, load: Double) {
        var service = service
        var (peak, load, steps) = (0.0, 0.0, 0.0)
        for seconds in stride(from: 0, through: 14 * day, by: 60) {
            service.advance(to: seconds, &draw)
            peak = max(peak, service.processes.reduce(0) { $0 + $1.memory })
            (load, steps) = (load + service.load, steps + 1)
        }
        return (peak, load / steps)
    }

    /// A cgroup's limit, or the memory of a host.
    private static func limit(over peak: Double, leaks: Bool, _ draw: inout Draw) -> Double {
        let hosts = [16.0, 32, 64, 128].map { $0 * gigabyte * 0.95 }
            .filter { $0 > peak * 1.5 && (!leaks || $0 < peak * 10) }
        guard draw.chance(0.3), !hosts.isEmpty else { return peak * draw.spread(1.35, 6) }
        return hosts[draw.whole(0, hosts.count - 1)]
    }
}
