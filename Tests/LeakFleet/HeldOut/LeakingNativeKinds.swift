import TrendFamilies

extension HeldOutFleet {
    static let leakingNativeKinds = [
        FleetKind(leaking: "leak in each request", requestLeak),
        FleetKind(leaking: "leak in a timer", timerLeak),
        FleetKind(leaking: "slow leak", slowLeak),
        FleetKind(leaking: "fast leak", fastLeak),
        FleetKind(leaking: "leak in rare large pieces", pieceLeak),
        FleetKind(leaking: "leak that accelerates", acceleratingLeak),
        FleetKind(leaking: "leak in office hours", officeLeak),
        FleetKind(leaking: "leak in a nightly path", nightlyLeak),
        FleetKind(leaking: "leak in an error path", errorLeak),
        FleetKind(leaking: "leak below a daily swing", swingLeak),
        FleetKind(leaking: "leak during a warm-up", warmingLeak),
        FleetKind(leaking: "threads that never end", threadLeak),
        FleetKind(leaking: "mapped blocks", mappedLeak),
        FleetKind(leaking: "fragmentation without bound", fragmentation),
    ]

    /// A leak in pieces of at least so many bytes, and in at most a hundred of them a minute.
    static func pieces(_ bytes: Double, _ rate: Double) -> Leak {
        var leak = Leak(rate: rate)
        leak.piece = max(bytes, rate * 0.6)
        return leak
    }

    /// Native workers that leak alike.
    ///
    /// - Parameter leak: what all of them leak together.
    private static func native(
        _ draw: inout Draw, _ onset: Double, _ traffic: Traffic? = nil, most workers: Int = 1,
        _ leak: (LeakPlan) -> Leak
    ) -> any FleetService {
        let operation = Operation.usual(&draw, traffic)
        let heap = NativeHeap.usual(size(20, 1500, &draw) / Double(workers), &draw)
        let connections = draw.spread(5, 2000)
        return provisioned(&draw, onset: onset) { plan in
            var share = leak(plan)
            share.rate /= Double(workers)
            var pool = Pool("server", .fixed(workers)) { [share] _, draw in
                Sum(heap.varied(&draw), Loss(share, from: plan.onset))
            }
            pool.connections = connections
            return PooledService(operation, pool)
        }
    }

    private static func requestLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let days = draw.spread(0.7, 15)
        return native(&draw, onset, most: draw.one(of: 1, 1, 4)) { plan in Leak(rate: plan.driven(days: days)) }
    }

    private static func timerLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let days = draw.spread(0.7, 15)
        return native(&draw, onset) { plan in
            var leak = Leak(rate: plan.steady(days: days))
            leak.steady = 1
            return leak
        }
    }

    private static func slowLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let (days, steady) = (draw.uniform(5, 25), draw.one(of: 0, 0.5, 1))
        return native(&draw, onset) { plan in
            var leak = Leak(rate: steady == 1 ? plan.steady(days: days) : plan.driven(days: days))
            leak.steady = steady
            return leak
        }
    }

    private static func fastLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let hours = draw.spread(1, 12)
        return native(&draw, onset) { plan in
            var leak = Leak(rate: plan.steady(days: hours / 24))
            leak.steady = 0.5
            return leak
        }
    }

    private static func pieceLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let (days, count) = (draw.spread(1, 12), draw.spread(20, 300))
        return native(&draw, onset) { plan in pieces(plan.room / count, plan.driven(days: days)) }
    }

    private static func acceleratingLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let (days, acceleration) = (draw.spread(3, 25), draw.spread(0.1, 1))
        return native(&draw, onset) { plan in
            var leak = Leak(rate: plan.driven(days: days))
            leak.acceleration = acceleration
            return leak
        }
    }

    private static func officeLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let days = draw.spread(1.5, 15)
        return native(&draw, onset, Traffic(.businessHours(&draw))) { plan in
            var leak = Leak(rate: plan.driven(days: days))
            leak.hours = 7...19
            return leak
        }
    }

    private static func nightlyLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let (days, from, hours) = (draw.spread(2, 15), draw.uniform(0, 5), draw.uniform(0.3, 2.5))
        return native(&draw, onset) { plan in
            var leak = Leak(rate: plan.steady(days: days) * 24 / hours)
            (leak.steady, leak.hours) = (1, from...(from + hours))
            return leak
        }
    }

    /// Loses memory only while what it depends on fails.
    private struct FailingPath: ServerHeap {
        var failures: Episodes
        var loss: Loss
        let bytes = 0.0
        var leaked: Double { loss.leaked }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            if failures.isActive(moment, &draw) { loss.advance(moment, &draw) }
        }
    }

    private static func errorLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (days, longest) = (draw.spread(1.5, 12), draw.spread(1200, 3 * hour))
        let failures = Episodes(perDay: draw.spread(1, 6), seconds: 300...longest)
        let heap = NativeHeap.usual(size(20, 1000, &draw), &draw)
        return provisioned(&draw, onset: onset) { plan in
            let loss = Loss(Leak(rate: plan.driven(days: days) / failures.share), from: plan.onset)
            return PooledService(
                operation, Pool("payments") { _, _ in Sum(heap, FailingPath(failures: failures, loss: loss)) })
        }
    }

    private static func swingLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let curve = LoadCurve(
            nights: draw.uniform(0.6, 0.9), weekends: draw.uniform(0, 0.4), shift: draw.uniform(-6, 6),
            noise: draw.uniform(0.03, 0.2))
        let operation = Operation.usual(&draw, Traffic(curve))
        let (base, days) = (size(20, 600, &draw), draw.uniform(12, 25))
        let heap = NativeHeap(
            base: base, perLoad: base * draw.uniform(2, 5),
            retention: Retention(pinned: draw.uniform(0, 0.15), trim: draw.spread(60, 3 * hour)))
        return provisioned(&draw, onset: onset) { plan in
            let loss = Loss(Leak(rate: plan.driven(days: days)), from: plan.onset)
            return PooledService(operation, Pool("booking") { _, _ in Sum(heap, loss) })
        }
    }

    private static func warmingLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        var operation = Operation.usual(&draw)
        operation.deployments = draw.chance(0.5) ? [onset - draw.uniform(0, 6) * hour] : []
        operation.history = 0
        let (base, days) = (size(30, 1200, &draw), draw.spread(1, 12))
        let most = base * draw.spread(0.3, 3)
        let cache = FillingCache(base: base, most: most, days: draw.spread(0.3, 2), universe: most * 1.3, &draw)
        return provisioned(&draw, onset: onset) { [operation] plan in
            let loss = Loss(Leak(rate: plan.driven(days: days)), from: plan.onset)
            return PooledService(operation, Pool("search") { _, _ in Sum(cache, loss) })
        }
    }

    /// Each thread leaves the touched part of its stack.
    private static func threadLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let (days, stack) = (draw.spread(1, 15), size(0.03, 0.3, &draw))
        return native(&draw, onset) { plan in pieces(stack, plan.driven(days: days)) }
    }

    private static func mappedLeak(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let (days, block) = (draw.spread(1, 12), draw.one(of: 1, 4, 16, 64) * megabyte)
        return native(&draw, onset) { plan in pieces(min(block, plan.room / 30), plan.driven(days: days)) }
    }

    private static func fragmentation(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (base, days, every) = (size(30, 1000, &draw), draw.spread(1.5, 15), draw.spread(300, 3 * hour))
        let batch = base * draw.spread(0.1, 1.5)
        return provisioned(&draw, onset: onset) { plan in
            let holes = plan.steady(days: days) * every
            return PooledService(
                operation,
                Pool("transcoder") { _, _ in
                    FragmentingHeap(base: base, batch: batch, every: every, holes: holes, from: plan.onset)
                })
        }
    }
}
