import TrendFamilies

/// Kinds of services on which the rules of the leak watch were tuned.
package enum TuningFleet {
    package static let all: [FleetKind] = sound + leaking

    static let mebibyte = 1_048_576.0
    static let (minute, hour, day) = (60.0, 3600.0, 86_400.0)

    /// A service of one role below a limit of some times its usual memory.
    static func service(
        _ role: SimulatedService.Role, needs: Double, _ draw: inout Draw, load: LoadCurve? = nil,
        onset: Double = .infinity, deployments: [Double] = []
    ) -> SimulatedService {
        let curve = load ?? .usual(&draw)
        return SimulatedService(
            limit: needs * Double(role.count) * draw.spread(1.5, 5), load: curve, roles: [role], onset: onset,
            deployments: deployments)
    }

    /// Moments of deployments, so many seconds apart in the mean.
    static func deployments(every interval: Double, _ draw: inout Draw) -> [Double] {
        var (moments, next): ([Double], Double) = ([], interval * draw.uniform(0.1, 1))
        while next < 20 * day {
            moments.append(next)
            next += interval * draw.uniform(0.7, 1.3)
        }
        return moments
    }
}
