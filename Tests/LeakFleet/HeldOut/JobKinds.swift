import TrendFamilies

extension HeldOutFleet {
    static let jobKinds = [
        FleetKind(sound: "nightly batch", nightlyBatch),
        FleetKind(sound: "cron", cron),
        FleetKind(sound: "CI runner", continuousIntegration),
    ]

    private static func nightlyBatch(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (scheduler, size) = (size(20, 200, &draw), size(50, 2500, &draw))
        let (ramp, count) = (draw.spread(600, 4 * hour), draw.one(of: 1, 1, 2, 4))
        let parent = NativeHeap(base: scheduler, perLoad: 0, retention: .usual(&draw))
        var jobs = Pool("report", .scheduled(every: day, from: draw.uniform(0, 5) * hour, count: count)) { _, draw in
            JobHeap(size: size * draw.uniform(0.7, 1), ramp: ramp, &draw)
        }
        (jobs.life, jobs.idle) = ({ draw in ramp * draw.uniform(0.7, 1.5) }, 0.8)
        return provisioned(&draw) { [jobs] _ in
            PooledService(operation, Pool("scheduler") { _, _ in parent }, jobs)
        }
    }

    private static func cron(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw, Traffic(.steady(&draw)))
        let (own, size) = (size(2, 10, &draw), size(15, 400, &draw))
        let parent = NativeHeap(base: own, perLoad: 0, retention: .usual(&draw))
        let pools = [draw.one(of: 300, 600, 900), hour, draw.one(of: 6, 24) * hour].map { every in
            var jobs = Pool("sh", .scheduled(every: every, from: 0, count: 1)) { _, draw in
                JobHeap(size: size * draw.uniform(0.3, 1) * (every < hour ? 0.3 : 1), ramp: every / 20, &draw)
            }
            (jobs.life, jobs.idle) = ({ draw in every * draw.uniform(0.02, 0.3) }, 0.3)
            return jobs
        }
        return provisioned(&draw) { _ in
            PooledService(operation, Pool("cron") { _, _ in parent }, pools[0], pools[1], pools[2])
        }
    }

    private static func continuousIntegration(_ draw: inout Draw) -> any FleetService {
        let traffic = draw.chance(0.5) ? Traffic(.businessHours(&draw)) : Traffic(.usual(&draw))
        let operation = Operation.usual(&draw, traffic)
        let parent = GoHeap(base: size(15, 60, &draw), &draw)
        let (size, most) = (size(80, 900, &draw), draw.whole(2, 12))
        let perHour = draw.spread(2, 40)
        var jobs = Pool("cc1plus", .arriving(perHour: { load, _ in perHour * load }, atMost: most)) { _, draw in
            JobHeap(size: size * draw.spread(0.15, 1), ramp: draw.spread(30, 900), &draw)
        }
        (jobs.life, jobs.idle) = ({ draw in 60 + 600 * draw.exponential() }, 0.9)
        return provisioned(&draw, bound: size * 0.8 * Double(most)) { [jobs] _ in
            PooledService(operation, Pool("runner") { _, _ in parent }, jobs)
        }
    }
}
