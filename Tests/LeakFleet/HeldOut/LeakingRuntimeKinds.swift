import TrendFamilies

extension HeldOutFleet {
    static let leakingRuntimeKinds = [
        FleetKind(leaking: "leak in a JVM's old generation", oldGeneration),
        FleetKind(leaking: "closures in Node", closures),
        FleetKind(leaking: "goroutines", goroutines),
        FleetKind(leaking: "leak in all forked workers", forkedWorkers),
        FleetKind(leaking: "leak in one of eight workers", oneWorker),
        FleetKind(leaking: "native extension in Ruby", nativeExtension),
    ]

    private static func oldGeneration(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (live, days) = (size(60, 1500, &draw), draw.spread(1, 15))
        let template = JVMHeap(live: live, most: live * draw.uniform(2.5, 5), &draw)
        return provisioned(&draw, onset: onset) { plan in
            var heap = template
            heap.most += plan.room * 0.8
            heap.loss = Loss(Leak(rate: plan.driven(days: days)), from: plan.onset)
            return PooledService(operation, Pool("java") { [heap] _, _ in heap })
        }
    }

    private static func closures(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let days = draw.spread(0.5, 12)
        let template = V8Heap(live: size(25, 600, &draw), &draw)
        return provisioned(&draw, onset: onset) { plan in
            var heap = template
            heap.most = max(heap.most, 3 * template.live)
            heap.loss = Loss(Leak(rate: plan.driven(days: days)), from: plan.onset)
            return PooledService(operation, Pool("node") { [heap] _, _ in heap })
        }
    }

    /// Each keeps its stack and what it refers to.
    private static func goroutines(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (days, each) = (draw.spread(0.7, 15), size(0.004, 0.1, &draw))
        let template = GoHeap(base: size(8, 800, &draw), &draw)
        return provisioned(&draw, onset: onset) { plan in
            var heap = template
            heap.loss = Loss(pieces(each, plan.driven(days: days) / 2), from: plan.onset)
            return PooledService(operation, Pool("api-server") { [heap] _, _ in heap })
        }
    }

    private static func forkedWorkers(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (count, days) = (draw.one(of: 2, 4, 8), draw.spread(0.7, 15))
        let pools = forked("uwsgi", count, &draw)
        return provisioned(&draw, onset: onset) { plan in
            let leak = Leak(rate: plan.driven(days: days) / Double(count))
            return PooledService(operation, pools.master, losing(pools.workers, leak, plan) { _ in true })
        }
    }

    private static func oneWorker(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (place, days) = (draw.whole(0, 7), draw.spread(1, 15))
        let pools = forked("gunicorn", 8, &draw)
        return provisioned(&draw, onset: onset) { plan in
            let leak = Leak(rate: plan.driven(days: days))
            return PooledService(operation, pools.master, losing(pools.workers, leak, plan) { $0 == place })
        }
    }

    /// The same pool with a leak in the processes of some places.
    static func losing(
        _ pool: Pool, _ leak: Leak, _ plan: LeakPlan, in places: @escaping (Int) -> Bool
    ) -> Pool {
        var losing = Pool(pool.command, pool.population) { start, draw in
            let heap = pool.heap(start, &draw)
            return places(start.place) ? Sum(heap, Loss(leak, from: plan.onset)) : heap
        }
        (losing.life, losing.work) = (pool.life, pool.work)
        (losing.cpu, losing.idle, losing.connections) = (pool.cpu, pool.idle, pool.connections)
        return losing
    }

    private static func nativeExtension(_ draw: inout Draw, _ onset: Double) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (base, threads, days) = (size(80, 400, &draw), draw.one(of: 5, 16), draw.spread(1, 15))
        let (request, workers) = (size(1, 20, &draw), draw.one(of: 1, 2, 4))
        return provisioned(&draw, onset: onset) { plan in
            let leak = Leak(rate: plan.driven(days: days) / Double(workers))
            let pool = Pool("puma", .fixed(workers)) { _, draw in
                ArenaHeap(base: base, threads: Double(threads) * 1.5, most: threads, request: request, &draw)
            }
            return PooledService(operation, losing(pool, leak, plan) { _ in true })
        }
    }
}
