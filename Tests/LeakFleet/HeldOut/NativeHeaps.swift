import Glibc
import TrendFamilies

extension HeldOutFleet {
    /// A program that allocates with malloc: static data, request state, now and then a large request.
    struct NativeHeap: ServerHeap {
        let base: Double
        /// Bytes of request state at load 1.
        let perLoad: Double
        /// Large requests an hour at load 1, their mean size, and the largest that the program accepts.
        var burstsPerHour = 0.0
        var burst = 0.0
        var largest = 0.0
        /// Seconds over which the static data is loaded.
        var loading = 20.0
        var retention: Retention
        var bytes: Double { retention.resident }

        static func usual(_ base: Double, _ draw: inout Draw) -> NativeHeap {
            var heap = NativeHeap(
                base: base, perLoad: base * draw.spread(0.02, 1.5), loading: draw.spread(2, 300),
                retention: .usual(&draw))
            guard draw.chance(0.5) else { return heap }
            heap.burstsPerHour = draw.spread(0.05, 20)
            heap.burst = base * draw.spread(0.02, 0.5)
            heap.largest = heap.burst * draw.uniform(2, 6)
            return heap
        }

        /// The same program in another process.
        func varied(_ draw: inout Draw) -> NativeHeap {
            var heap = self
            heap.loading *= draw.uniform(0.8, 1.2)
            return heap
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            var needed = base * (1 - 0.8 * exp(-moment.age / loading)) + perLoad * moment.load
            let mean = burstsPerHour * moment.load * moment.step / hour
            if mean > 0, draw.chance(1 - exp(-mean)) { needed += min(largest, burst * draw.exponential()) }
            retention.settle(needed, moment.step)
        }
    }

    /// Arenas of malloc, which are given to threads and each stay as large as their largest request.
    struct ArenaHeap: ServerHeap {
        let base: Double
        /// Threads that work at load 1, and the most arenas.
        let threads: Double
        let most: Int
        /// Bytes of a usual request's peak, the spread of its logarithm, and the most that one needs.
        let request: Double
        let sigma: Double
        let largest: Double
        /// Seconds between large requests of one thread.
        let interval: Double
        private var arenas: [Double] = []
        var bytes: Double { base + arenas.reduce(0, +) }

        init(base: Double, threads: Double, most: Int, request: Double, _ draw: inout Draw) {
            (self.base, self.threads, self.most, self.request) = (base, threads, most, request)
            (sigma, interval) = (draw.uniform(0.2, 0.9), draw.spread(120, 4 * hour))
            largest = request * draw.uniform(2, 8)
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            let busy = threads * moment.load + (threads * moment.load).squareRoot() * draw.normal()
            while Double(arenas.count) < min(busy, Double(most)) { arenas.append(request * draw.uniform(0.05, 0.3)) }
            let probability = 1 - exp(-moment.load * moment.step / interval)
            for index in arenas.indices where draw.chance(probability) {
                let needed = min(largest, request * exp(sigma * draw.normal()))
                // Only the top is trimmed.
                arenas[index] = max(needed, arenas[index] - 0.02 * max(0, arenas[index] - needed))
            }
        }
    }

    /// A sparse heap whose pages khugepaged replaces by huge ones.
    struct HugePageHeap: ServerHeap {
        let mapped: Double
        /// The share of it that is touched, and the share that huge pages can cover.
        let touched: Double
        let eligible: Double
        /// Seconds in which khugepaged gets through most of it.
        let scan: Double
        let perLoad: Double
        private var collapsed = 0.0
        private var load = 0.0

        init(mapped: Double, _ draw: inout Draw) {
            self.mapped = mapped
            (touched, eligible) = (draw.uniform(0.35, 0.85), draw.uniform(0.3, 0.95))
            (scan, perLoad) = (draw.spread(hour, 30 * hour), mapped * draw.spread(0.01, 0.1))
        }

        var bytes: Double { mapped * (touched + (1 - touched) * eligible * collapsed) + perLoad * load }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            load = moment.load
            collapsed += (1 - collapsed) * (1 - exp(-moment.step / scan * draw.uniform(0, 2)))
        }
    }

    /// Connections with their buffers; clients stay for a while and come back after a failure.
    struct ConnectionHeap: ServerHeap {
        let base: Double
        /// At load 1, and the bytes of each.
        let most: Double
        let each: Double
        /// Seconds that a client stays.
        let stay: Double
        var drops: Episodes
        var retention: Retention
        private var open = 0.0
        var bytes: Double { retention.resident }
        var connections: Int? { Int(open) }

        init(base: Double, most: Double, each: Double, _ draw: inout Draw) {
            (self.base, self.most, self.each) = (base, most, each)
            (stay, retention) = (draw.spread(120, 3 * hour), .usual(&draw))
            drops = Episodes(perDay: draw.one(of: 0, 0.1, 0.5), seconds: 30...180)
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            let wanted = most * moment.load
            open += (wanted - open) * (1 - exp(-moment.step / stay))
            if drops.isActive(moment, &draw) { open *= 0.3 }
            retention.settle(base + open * each, moment.step)
        }
    }

    /// Working memory of batches that leaves holes which later batches don't fit into.
    struct FragmentingHeap: ServerHeap {
        let base: Double
        let batch: Double
        /// Seconds between two batches.
        let every: Double
        /// Bytes of holes that a batch leaves in the mean.
        let holes: Double
        let onset: Double
        private(set) var leaked = 0.0
        private(set) var bytes: Double
        private var next = 0.0

        init(base: Double, batch: Double, every: Double, holes: Double, from onset: Double) {
            (self.base, self.batch, self.every, self.holes, self.onset) = (base, batch, every, holes, onset)
            bytes = base
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            bytes = base + batch * 0.05 * moment.load
            guard moment.age >= next else { return }
            next = moment.age + every * draw.uniform(0.7, 1.3)
            bytes = base + batch * draw.uniform(0.6, 1)
            if moment.seconds >= onset { leaked += holes * draw.uniform(0.3, 1.7) }
        }
    }
}
