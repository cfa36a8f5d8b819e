import TrendFamilies

extension HeldOutFleet {
    static let cacheKinds = [
        FleetKind(sound: "Redis with expiring keys", expiringRedis),
        FleetKind(sound: "Redis that forks to save", savingRedis),
        FleetKind(sound: "Redis that fills to maxmemory", boundedRedis),
        FleetKind(sound: "memcached", memcached),
        FleetKind(sound: "LRU cache", boundedCache),
        FleetKind(sound: "buffer pool", bufferPool),
        FleetKind(sound: "virtual machine", virtualMachine),
        FleetKind(sound: "map of a finite set of keys", finiteKeys),
        FleetKind(sound: "model server", modelServer),
    ]

    private static func expiringRedis(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (full, life) = (size(20, 4000, &draw), draw.spread(hour, 4 * day))
        let filled = draw.chance(0.5) ? draw.uniform(0.4, 0.9) : 0
        var pool = Pool("redis-server") { _, draw in
            ExpiringStore(base: 8 * megabyte, full: full, life: life, filled: filled, &draw)
        }
        pool.connections = draw.spread(5, 300)
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    /// The saving child is charged for the pages that its parent writes to meanwhile.
    private static func savingRedis(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (full, life) = (size(100, 4000, &draw), draw.spread(6 * hour, 3 * day))
        let (copied, taking) = (draw.spread(0.02, 0.4), draw.spread(60, 900))
        let every = draw.spread(0.3, 6) * hour
        let pool = Pool("redis-server") { _, draw in
            ExpiringStore(base: 8 * megabyte, full: full, life: life, filled: 0.7, &draw)
        }
        var child = Pool("redis-rdb-bgsave", .scheduled(every: every, from: 0, count: 1)) { _, draw in
            JobHeap(size: full * copied, ramp: taking, &draw)
        }
        child.life = { draw in taking * draw.uniform(0.9, 1.2) }
        return provisioned(&draw) { [child] _ in PooledService(operation, pool, child) }
    }

    private static func boundedRedis(_ draw: inout Draw) -> any FleetService {
        var operation = Operation.usual(&draw)
        operation.history = draw.chance(0.7) ? 0 : operation.history
        let (most, life) = (size(100, 6000, &draw), draw.spread(2, 12) * day)
        let excess = draw.uniform(1.2, 4)
        let pool = Pool("redis-server") { _, draw in
            ExpiringStore(base: 8 * megabyte, full: most * excess, life: life, most: most, filled: 0, &draw)
        }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }

    /// A cache that was often started shortly before the simulation, so that it fills during it.
    private static func filling(
        _ command: String, most: Double, base: Double, days: ClosedRange<Double>, _ draw: inout Draw
    ) -> any FleetService {
        var operation = Operation.usual(&draw)
        if draw.chance(0.6) { operation.history = draw.uniform(0, 6) * hour }
        let heap = FillingCache(
            base: base, most: most, days: draw.spread(days.lowerBound, days.upperBound),
            universe: most * draw.spread(1, 6), &draw)
        let requests = NativeHeap(base: 0, perLoad: most * draw.spread(0.003, 0.05), retention: .usual(&draw))
        var pool = Pool(command) { _, _ in Sum(heap, requests) }
        pool.connections = draw.spread(5, 500)
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    private static func memcached(_ draw: inout Draw) -> any FleetService {
        let most = draw.one(of: 64, 256, 1024, 2048, 6144) * megabyte
        return filling("memcached", most: most, base: 6 * megabyte, days: 0.1...5, &draw)
    }

    private static func boundedCache(_ draw: inout Draw) -> any FleetService {
        let base = size(20, 600, &draw)
        return filling("catalogue", most: base * draw.spread(0.3, 6), base: base, days: 0.05...4, &draw)
    }

    private static func bufferPool(_ draw: inout Draw) -> any FleetService {
        let most = draw.one(of: 128, 512, 1024, 4096, 6144) * megabyte
        return filling("mysqld", most: most, base: size(150, 400, &draw), days: 0.1...6, &draw)
    }

    private static func virtualMachine(_ draw: inout Draw) -> any FleetService {
        let most = draw.one(of: 1, 2, 4, 6) * gigabyte
        return filling("qemu-system-x86", most: most, base: most * draw.uniform(0.15, 0.4), days: 0.2...6, &draw)
    }

    private static func finiteKeys(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let base = size(20, 500, &draw)
        let (full, rarest) = (base * draw.spread(0.3, 8), draw.spread(6 * hour, 3 * day))
        let heap = ZipfStore(base: base, full: full, rarest: rarest, &draw)
        let requests = NativeHeap(base: 0, perLoad: base * draw.spread(0.01, 0.3), retention: .usual(&draw))
        let pool = Pool("user-profiles") { _, _ in Sum(heap, requests) }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }

    private static func modelServer(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (mean, count) = (size(20, 400, &draw), draw.whole(3, 12))
        let idle = draw.chance(0.5) ? Double.infinity : draw.spread(600, 12 * hour)
        let base = size(100, 600, &draw)
        let heap = ModelStore(base: base, mean: mean, count: count, idle: idle, &draw)
        let pool = Pool("model-server") { _, _ in heap }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }
}
