import TrendFamilies

extension HeldOutFleet {
    static let nativeKinds = [
        FleetKind(sound: "idle daemon", idleDaemon),
        FleetKind(sound: "server in C", nativeServer),
        FleetKind(sound: "malloc arenas of new threads", threadedServer),
        FleetKind(sound: "huge pages", hugePages),
        FleetKind(sound: "web socket server", webSockets),
        FleetKind(sound: "queue consumer", queueConsumer),
        FleetKind(sound: "log shipper", logShipper),
        FleetKind(sound: "virus scanner", virusScanner),
        FleetKind(sound: "office application", officeApplication),
        FleetKind(sound: "growing traffic", growingTraffic),
    ]

    private static func idleDaemon(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw, Traffic(.steady(&draw)))
        var heap = NativeHeap.usual(size(2, 80, &draw), &draw)
        heap.burstsPerHour = draw.spread(0.02, 2)
        var pool = Pool("systemd-resolve") { [heap] _, _ in heap }
        (pool.cpu, pool.connections) = (0.001, draw.uniform(0, 4))
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    private static func nativeServer(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let workers = draw.one(of: 1, 1, 2, 4, 8)
        let heap = NativeHeap.usual(size(20, 2000, &draw) / Double(workers), &draw)
        var pool = Pool("nginx", .fixed(workers)) { _, draw in heap.varied(&draw) }
        pool.connections = draw.spread(5, 2000)
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    private static func threadedServer(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let base = size(30, 600, &draw)
        let (threads, most) = (draw.spread(4, 60), 8 * draw.one(of: 2, 4))
        let request = size(0.5, 24, &draw)
        var pool = Pool("query-server") { _, draw in
            ArenaHeap(base: base, threads: threads, most: most, request: request, &draw)
        }
        pool.connections = threads
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    private static func hugePages(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let heap = HugePageHeap(mapped: size(200, 6000, &draw), &draw)
        let pool = Pool("analytics") { _, _ in heap }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }

    private static func webSockets(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw, Traffic(.usual(&draw)))
        let heap = ConnectionHeap(
            base: size(30, 400, &draw), most: draw.spread(300, 20_000), each: size(0.01, 0.06, &draw), &draw)
        let pool = Pool("push-gateway", .fixed(draw.one(of: 1, 2, 4))) { _, _ in heap }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }

    private static func queueConsumer(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let base = size(40, 800, &draw)
        let heap = BacklogHeap(base: base, most: base * draw.spread(0.3, 5), &draw)
        let count = draw.one(of: 1, 1, 3)
        let pool = Pool("consumer", .fixed(count)) { _, _ in heap }
        return provisioned(&draw, bound: heap.bound * Double(count)) { _ in PooledService(operation, pool) }
    }

    private static func logShipper(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        var heap = BacklogHeap(base: size(15, 120, &draw), most: size(16, 512, &draw), &draw)
        heap.outages = Episodes(perDay: draw.spread(0.1, 1), seconds: 600...draw.spread(hour, 20 * hour))
        let pool = Pool("fluent-bit") { [heap] _, _ in heap }
        return provisioned(&draw, bound: heap.bound) { _ in PooledService(operation, pool) }
    }

    private static func virusScanner(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw, Traffic(.steady(&draw)))
        let (base, database, every) = (size(20, 100, &draw), size(100, 1500, &draw), draw.one(of: 6, 12, 24) * hour)
        let both = draw.spread(120, 1200)
        let pool = Pool("clamd") { _, draw in
            ReloadingHeap(base: base, database: database, every: every, both: both, retention: .usual(&draw))
        }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }

    private static func officeApplication(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw, Traffic(.businessHours(&draw)))
        let base = size(50, 1500, &draw)
        let life = draw.uniform(2, 10) * hour
        let sessions = base * draw.spread(0.2, 3)
        let filled = draw.chance(0.5) ? 0.2 : 0
        let pool = Pool("erp-server") { _, draw in
            ExpiringStore(base: base, full: sessions, life: life, filled: filled, &draw)
        }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }

    private static func growingTraffic(_ draw: inout Draw) -> any FleetService {
        let traffic = Traffic(.usual(&draw), growth: draw.uniform(0.01, 0.08))
        let operation = Operation.usual(&draw, traffic)
        let workers = draw.one(of: 1, 2, 6)
        let base = size(40, 1200, &draw) / Double(workers)
        let (perLoad, loading) = (base * draw.uniform(0.2, 2), draw.spread(2, 300))
        let retention = Retention.usual(&draw)
        var pool = Pool("frontend", .fixed(workers)) { _, _ in
            NativeHeap(base: base, perLoad: perLoad, loading: loading, retention: retention)
        }
        pool.connections = draw.spread(20, 3000)
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }
}
