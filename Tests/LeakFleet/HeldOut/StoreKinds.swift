import TrendFamilies

extension HeldOutFleet {
    static let storeKinds = [
        FleetKind(sound: "PostgreSQL", postgres),
        FleetKind(sound: "index with compactions", compactedIndex),
        FleetKind(sound: "time series database", seriesDatabase),
        FleetKind(sound: "node daemon with pods", nodeDaemon),
    ]

    /// Its shared buffers aren't anonymous memory of its processes.
    struct PostgresPools {
        let server: Pool
        let helpers: Pool
        let pooled: Pool
        let visiting: Pool
        let vacuum: Pool

        init(_ draw: inout Draw) {
            let (own, helper) = (size(4, 20, &draw), size(1, 6, &draw))
            let (backend, perHour) = (Backend(&draw), draw.spread(1, 60))
            let maintenance = size(8, 200, &draw)
            server = Pool("postgres") { _, draw in
                NativeHeap(base: own, perLoad: 0, retention: .usual(&draw))
            }
            helpers = Pool("postgres", .fixed(4)) { _, draw in
                NativeHeap(base: helper, perLoad: helper * 0.1, retention: .usual(&draw))
            }
            var pooled = Pool("postgres", .fixed(draw.one(of: 2, 5, 10, 15))) { _, _ in backend }
            let life = draw.spread(hour, 12 * hour)
            if draw.chance(0.4) { pooled.life = { draw in life * draw.uniform(0.8, 1.2) } }
            var visiting = Pool("postgres", .arriving(perHour: { load, _ in perHour * load }, atMost: 10)) { _, _ in
                backend
            }
            visiting.life = { draw in 300 * draw.exponential() }
            var vacuum = Pool("postgres", .arriving(perHour: { _, _ in 4 }, atMost: 3)) { _, draw in
                JobHeap(size: maintenance * draw.uniform(0.1, 1), ramp: 300, &draw)
            }
            (vacuum.life, vacuum.idle) = ({ draw in draw.spread(30, 1200) }, 0.2)
            (self.pooled, self.visiting, self.vacuum) = (pooled, visiting, vacuum)
        }

        func service(_ operation: Operation, pooled: Pool? = nil) -> PooledService {
            PooledService(operation, server, helpers, pooled ?? self.pooled, visiting, vacuum)
        }
    }

    private static func postgres(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let pools = PostgresPools(&draw)
        return provisioned(&draw) { _ in pools.service(operation) }
    }

    private static func compactedIndex(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (base, every) = (size(60, 2000, &draw), draw.one(of: 1, 1, 2, 7) * day)
        let heap = LogStructuredStore(base: base, buffer: min(base, size(16, 256, &draw)), every: every, &draw)
        let pool = Pool("search-node") { _, _ in heap }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }

    private static func seriesDatabase(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let heap = SeriesHead(series: draw.spread(4000, 300_000), &draw)
        let pool = Pool("prometheus") { _, _ in heap }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }

    private static func nodeDaemon(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (base, each) = (size(25, 80, &draw), size(0.1, 2, &draw))
        let (mean, life) = (draw.spread(10, 100), draw.spread(0.5, 60) * hour)
        let daemon = PodHeap(base: base, each: each, mean: mean, life: life, &draw)
        let shims = min(12, mean / 4)
        var shim = Pool("containerd-shim", .arriving(perHour: { _, _ in shims / life * hour }, atMost: 24)) { _, draw in
            NativeHeap(base: size(6, 14, &draw), perLoad: 0, retention: .usual(&draw))
        }
        shim.life = { draw in life * draw.exponential() }
        return provisioned(&draw) { [shim] _ in
            PooledService(operation, Pool("containerd") { _, _ in daemon }, shim)
        }
    }
}
