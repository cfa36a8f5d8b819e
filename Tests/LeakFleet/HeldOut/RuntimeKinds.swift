import TrendFamilies

extension HeldOutFleet {
    static let runtimeKinds = [
        FleetKind(sound: "JVM with G1", jvm),
        FleetKind(sound: "JVM with a fixed heap", fixedJVM),
        FleetKind(sound: "server in Go", goServer),
        FleetKind(sound: "Node", node),
        FleetKind(sound: "gunicorn", gunicorn),
        FleetKind(sound: "gunicorn, a leak bounded by recycling", recycledPython),
        FleetKind(sound: "single Python process", singlePython),
        FleetKind(sound: "Puma", puma),
        FleetKind(sound: "PHP-FPM on demand", phpOnDemand),
        FleetKind(sound: "PHP-FPM, a leak bounded by recycling", recycledPHP),
        FleetKind(sound: "code cache", codeCache),
    ]

    private static func jvm(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let live = size(60, 3000, &draw)
        let heap = JVMHeap(live: live, most: live * draw.uniform(2, 5), &draw)
        var pool = Pool("java") { _, _ in heap }
        (pool.cpu, pool.connections) = (draw.spread(0.05, 4), draw.spread(5, 400))
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    private static func fixedJVM(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let most = size(256, 7000, &draw)
        let heap = JVMHeap(live: most * draw.uniform(0.1, 0.4), most: most, isFixed: true, &draw)
        var pool = Pool("java") { _, _ in heap }
        (pool.cpu, pool.connections) = (draw.spread(0.05, 4), draw.spread(5, 400))
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    private static func goServer(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let heap = GoHeap(base: size(8, 500, &draw), &draw)
        var pool = Pool("api-server", .fixed(draw.one(of: 1, 1, 2))) { _, _ in heap }
        (pool.cpu, pool.connections) = (draw.spread(0.02, 3), draw.spread(5, 3000))
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    private static func node(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (live, workers) = (size(25, 700, &draw), draw.one(of: 1, 1, 2, 4))
        let heap = V8Heap(live: live, &draw)
        var pool = Pool("node", .fixed(workers)) { _, _ in heap }
        (pool.cpu, pool.connections) = (draw.spread(0.02, 0.7), draw.spread(5, 500))
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    /// A master and its workers; the workers may be recycled after a number of requests.
    static func forked(_ command: String, _ count: Int, _ draw: inout Draw) -> (master: Pool, workers: Pool) {
        let size = size(20, 60 + 1200 / Double(count), &draw)
        let heap = ForkedWorker(own: size * draw.uniform(0.1, 0.8), master: size, &draw)
        let master = NativeHeap(base: size, perLoad: 0, retention: .usual(&draw))
        var workers = Pool(command, .fixed(count)) { _, _ in heap }
        (workers.cpu, workers.connections) = (draw.spread(0.02, 0.6), draw.uniform(1, 4))
        var parent = Pool(command) { _, _ in master }
        parent.cpu = 0.001
        return (parent, workers)
    }

    /// After so many seconds of load 1, more or less: `max_requests` with a jitter.
    static func recycling(_ draw: inout Draw) -> (inout Draw) -> Double {
        let (work, jitter) = (draw.spread(hour, 3 * day), draw.uniform(0, 0.3))
        return { draw in work * draw.uniform(1 - jitter, 1 + jitter) }
    }

    private static func gunicorn(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        var (master, workers) = forked("gunicorn", draw.one(of: 2, 4, 8, 12), &draw)
        if draw.chance(0.6) { workers.work = recycling(&draw) }
        master.isDeployed = draw.chance(0.5)
        return provisioned(&draw) { [master, workers] _ in PooledService(operation, master, workers) }
    }

    private static func recycledPython(_ draw: inout Draw) -> any FleetService {
        recycledLeak(forked("gunicorn", draw.one(of: 2, 4, 8), &draw), &draw)
    }

    private static func recycledPHP(_ draw: inout Draw) -> any FleetService {
        recycledLeak(forked("php-fpm", draw.one(of: 4, 8, 16), &draw), &draw)
    }

    private static func recycledLeak(_ pools: (master: Pool, workers: Pool), _ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (work, lost) = (draw.spread(hour, 2 * day), size(5, 150, &draw))
        let jitter = draw.uniform(0.05, 0.3)
        var workers = Pool(pools.workers.command, pools.workers.population) { start, draw in
            Sum(pools.workers.heap(start, &draw), Loss(Leak(rate: lost / work), from: -365 * day))
        }
        workers.work = { draw in work * draw.uniform(1 - jitter, 1 + jitter) }
        (workers.cpu, workers.connections) = (pools.workers.cpu, pools.workers.connections)
        return provisioned(&draw) { [workers] _ in PooledService(operation, pools.master, workers) }
    }

    private static func singlePython(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let base = size(40, 1200, &draw)
        var heap = NativeHeap(
            base: base, perLoad: base * draw.spread(0.02, 0.4), loading: draw.spread(2, 200),
            retention: Retention(pinned: draw.uniform(0.5, 1), trim: draw.spread(600, 4 * hour)))
        (heap.burstsPerHour, heap.burst) = (draw.spread(0.1, 20), base * draw.spread(0.03, 0.4))
        heap.largest = heap.burst * draw.uniform(3, 8)
        let pool = Pool("python3") { [heap] _, _ in heap }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }

    private static func puma(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (base, threads) = (size(80, 400, &draw), draw.one(of: 5, 5, 16))
        let (request, workers) = (size(2, 30, &draw), draw.one(of: 1, 2, 4))
        var pool = Pool("puma", .fixed(workers)) { _, draw in
            ArenaHeap(base: base, threads: Double(threads) * 1.5, most: threads, request: request, &draw)
        }
        (pool.cpu, pool.connections) = (draw.spread(0.05, 1), Double(threads))
        return provisioned(&draw) { [pool] _ in PooledService(operation, pool) }
    }

    private static func phpOnDemand(_ draw: inout Draw) -> any FleetService {
        let operation = Operation.usual(&draw)
        let (base, perHour) = (size(8, 60, &draw), draw.spread(5, 200))
        let master = NativeHeap(base: base, perLoad: 0, retention: .usual(&draw))
        let life = draw.spread(60, 1800)
        let most = Int(min(30, max(4, perHour * life / hour * 2)))
        var workers = Pool("php-fpm", .arriving(perHour: { load, _ in perHour * load }, atMost: most)) { _, draw in
            JobHeap(size: base * draw.uniform(0.2, 2), ramp: life / 2, &draw)
        }
        workers.life = { draw in life * draw.exponential() }
        return provisioned(&draw, bound: base * 1.5 * Double(most)) { [workers] _ in
            PooledService(operation, Pool("php-fpm") { _, _ in master }, workers)
        }
    }

    private static func codeCache(_ draw: inout Draw) -> any FleetService {
        var operation = Operation.usual(&draw)
        operation.history = draw.chance(0.7) ? 0 : operation.history
        let heap = CompilingHeap(base: size(60, 1500, &draw), &draw)
        let pool = Pool("hhvm") { _, _ in heap }
        return provisioned(&draw) { _ in PooledService(operation, pool) }
    }
}
