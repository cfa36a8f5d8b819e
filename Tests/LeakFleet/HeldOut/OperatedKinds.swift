import TrendFamilies

extension HeldOutFleet {
    static let operatedKinds = [
        FleetKind(sound: "weekly restart", weeklyRestart),
        FleetKind(sound: "frequent deployments", frequentDeployments),
        FleetKind(sound: "crash loop", crashLoop),
        FleetKind(sound: "watchdog", watchdog),
        FleetKind(sound: "autoscaled workers", autoscaled),
    ]

    /// The week's orders are kept in memory until the restart of Sunday night.
    private static func weeklyRestart(_ draw: inout Draw) -> any FleetService {
        var operation = Operation.usual(&draw)
        let sunday = (6 + draw.uniform(0, 0.9)) * day
        operation.history = 7 * day - sunday + draw.uniform(0, 1) * hour
        operation.deployments = [sunday - 7 * day, sunday, sunday + 7 * day]
        let base = size(40, 1500, &draw)
        let orders = FillingCache(
            base: base, most: base * 20, days: draw.spread(80, 500), universe: .infinity, &draw)
        let requests = NativeHeap(base: 0, perLoad: base * draw.spread(0.03, 0.5), retention: .usual(&draw))
        let pool = Pool("shop") { _, _ in Sum(orders, requests) }
        return provisioned(&draw) { [operation] _ in PooledService(operation, pool) }
    }

    /// A new version may need a little more or less.
    private static func frequentDeployments(_ draw: inout Draw) -> any FleetService {
        var operation = Operation.usual(&draw)
        let apart = draw.spread(6, 48) * hour
        operation.deployments = moments(apart: apart * 0.6...apart * 1.5, &draw)
        let (base, workers) = (size(30, 1500, &draw), draw.one(of: 1, 2, 4, 8))
        let more = draw.uniform(-0.01, 0.03)
        let (perLoad, cached) = (draw.spread(0.02, 0.6), draw.spread(0.05, 0.8))
        let days = draw.spread(0.05, 1)
        let pool = Pool("webapp", .fixed(workers)) { start, draw in
            let own = base / Double(workers) * (1 + more * min(20, Double(start.version)))
            let cache = FillingCache(base: 0, most: own * cached, days: days, universe: own * cached * 1.5, &draw)
            return Sum(cache, NativeHeap(base: own, perLoad: own * perLoad, retention: .usual(&draw)))
        }
        return provisioned(&draw) { [operation] _ in PooledService(operation, pool) }
    }

    /// It exits soon after each start, and waits longer each time up to five minutes.
    private static func crashLoop(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let heap = NativeHeap.usual(size(20, 800, &draw), &draw)
        let life = draw.spread(60, 2 * hour)
        var pool = Pool("worker") { _, draw in heap.varied(&draw) }
        (pool.life, pool.delay) = ({ draw in 30 + life * draw.exponential() }, draw.one(of: 60, 120, 300))
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    private static func watchdog(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let base = size(30, 1500, &draw)
        let (most, days) = (base * draw.uniform(0.2, 2), draw.spread(0.2, 4))
        let life = draw.spread(8 * hour, 4 * day)
        let heap = FillingCache(base: base, most: most, days: days, universe: most * 2, &draw)
        var pool = Pool("gateway", .fixed(draw.one(of: 1, 2))) { _, _ in heap }
        pool.life = { draw in life * (0.2 + draw.exponential()) }
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    private static func autoscaled(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw, Traffic(.usual(&draw)))
        let (most, base) = (draw.whole(3, 12), size(25, 250, &draw))
        let heap = NativeHeap.usual(base, &draw)
        let cache = FillingCache(
            base: 0, most: base * draw.uniform(0.1, 1), days: draw.spread(0.02, 0.6), universe: base * 2, &draw)
        let wanted = { (load: Double, _: Double) in max(1, Int((Double(most) * min(1.3, load)).rounded(.up))) }
        var pool = Pool("celery", .scaled(wanted)) { _, draw in Sum(heap.varied(&draw), cache) }
        pool.cpu = draw.spread(0.1, 0.9)
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }
}
