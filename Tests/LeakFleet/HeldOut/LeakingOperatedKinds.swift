import TrendFamilies

extension HeldOutFleet {
    static let leakingOperatedKinds = [
        FleetKind(leaking: "leak of a new version", newVersion),
        FleetKind(leaking: "leak between daily deployments", dailyDeployments),
        FleetKind(leaking: "leak in a pooled connection", pooledConnection),
        FleetKind(leaking: "sessions that never expire", endlessSessions),
        FleetKind(leaking: "connections that are never closed", openConnections),
        FleetKind(leaking: "cache of ever new keys", endlessKeys),
        FleetKind(leaking: "messages kept by a consumer", keptMessages),
    ]

    private static func newVersion(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        var operation = Operation.usual(&draw)
        operation.deployments = [onset]
        let (workers, days) = (draw.one(of: 1, 2, 4), draw.spread(0.7, 15))
        let heap = NativeHeap.usual(size(20, 1500, &draw) / Double(workers), &draw)
        return provisioned(&draw, onset: onset) { [operation] plan in
            let leak = Leak(rate: plan.driven(days: days) / Double(workers))
            let pool = Pool("webapp", .fixed(workers)) { _, draw in heap.varied(&draw) }
            return PooledService(operation, losing(pool, leak, plan) { _ in true })
        }
    }

    /// A process doesn't live long enough to reach the limit.
    private static func dailyDeployments(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        var operation = Operation.usual(&draw)
        operation.deployments = moments(apart: 20 * hour...28 * hour, &draw)
        let (workers, days) = (draw.one(of: 1, 2, 4), draw.spread(1.5, 8))
        let heap = NativeHeap.usual(size(20, 1500, &draw) / Double(workers), &draw)
        return provisioned(&draw, onset: onset) { [operation] plan in
            let leak = Leak(rate: plan.driven(days: days) / Double(workers))
            let pool = Pool("webapp", .fixed(workers)) { _, draw in heap.varied(&draw) }
            return PooledService(operation, losing(pool, leak, plan) { _ in true })
        }
    }

    /// The pool keeps its connections for good, and one client uses what leaks.
    private static func pooledConnection(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (pools, days) = (PostgresPools(&draw), draw.spread(1, 15))
        return provisioned(&draw, onset: onset) { plan in
            var pooled = losing(pools.pooled, Leak(rate: plan.driven(days: days)), plan) { $0 == 0 }
            pooled.life = nil
            return pools.service(operation, pooled: pooled)
        }
    }

    /// Sessions that end properly expire; others stay.
    private static func endlessSessions(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (base, days, each) = (size(30, 800, &draw), draw.spread(1, 15), size(0.002, 0.2, &draw))
        let (life, full) = (draw.spread(0.3, 12) * hour, base * draw.spread(0.1, 2))
        return provisioned(&draw, onset: onset) { plan in
            let pool = Pool("tomcat") { _, draw in ExpiringStore(base: base, full: full, life: life, filled: 0, &draw) }
            return PooledService(operation, losing(pool, pieces(each, plan.driven(days: days)), plan) { _ in true })
        }
    }

    /// Peers have gone, and their connections and buffers stay.
    private struct HalfOpenConnections: ServerHeap {
        var heap: ConnectionHeap
        var loss: Loss
        var bytes: Double { heap.bytes }
        var leaked: Double { loss.leaked }
        var connections: Int? { heap.connections.map { $0 + Int(leaked / heap.each) } }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            heap.advance(moment, &draw)
            loss.advance(moment, &draw)
        }
    }

    private static func openConnections(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let days = draw.spread(1, 15)
        let heap = ConnectionHeap(
            base: size(30, 400, &draw), most: draw.spread(300, 20_000), each: size(0.01, 0.06, &draw), &draw)
        return provisioned(&draw, onset: onset) { plan in
            let loss = Loss(pieces(heap.each, plan.driven(days: days)), from: plan.onset)
            return PooledService(
                operation, Pool("push-gateway") { _, _ in HalfOpenConnections(heap: heap, loss: loss) })
        }
    }

    /// The usual keys are soon all there; new ones come at the rate of requests, without end.
    private static func endlessKeys(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (base, days, key) = (size(20, 600, &draw), draw.spread(1, 15), size(0.0005, 0.05, &draw))
        let heap = ZipfStore(base: base, full: base * draw.spread(0.2, 3), rarest: draw.spread(2, 30) * hour, &draw)
        return provisioned(&draw, onset: onset) { plan in
            let leak = pieces(key, plan.driven(days: days))
            return PooledService(operation, losing(Pool("resizer") { _, _ in heap }, leak, plan) { _ in true })
        }
    }

    private static func keptMessages(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (base, days) = (size(40, 600, &draw), draw.spread(1, 15))
        let heap = BacklogHeap(base: base, most: base * draw.spread(0.2, 2), &draw)
        return provisioned(&draw, onset: onset, bound: heap.bound) { plan in
            let leak = Leak(rate: plan.driven(days: days))
            return PooledService(operation, losing(Pool("consumer") { _, _ in heap }, leak, plan) { _ in true })
        }
    }
}
