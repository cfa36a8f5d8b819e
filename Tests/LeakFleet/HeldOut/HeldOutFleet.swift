import TrendFamilies

/// Kinds of services to which nothing is fitted, and that are fitted to nothing.
package enum HeldOutFleet {
    package static let all: [FleetKind] =
        nativeKinds + runtimeKinds + cacheKinds + storeKinds + jobKinds + operatedKinds
        + leakingNativeKinds + leakingRuntimeKinds + leakingOperatedKinds
}

extension HeldOutFleet {
    static let megabyte = 1_048_576.0
    static let gigabyte = 1024 * megabyte
    static let hour = 3600.0
    static let day = 86_400.0

    /// Bytes between so many megabytes, uniform in the logarithm.
    static func size(_ low: Double, _ high: Double, _ draw: inout Draw) -> Double {
        draw.spread(low, high) * megabyte
    }

    /// Moments from ten days before the simulation to sixteen days into it, in ascending order.
    static func moments(apart seconds: ClosedRange<Double>, _ draw: inout Draw) -> [Double] {
        var moments: [Double] = []
        var next = draw.uniform(-10, -9) * day
        while next < 16 * day {
            moments.append(next)
            next += draw.uniform(seconds.lowerBound, seconds.upperBound)
        }
        return moments
    }
}
