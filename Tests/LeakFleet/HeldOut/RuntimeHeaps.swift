import Glibc
import TrendFamilies

extension HeldOutFleet {
    /// A JVM with G1: old regions collect garbage up to a threshold, and the heap is expanded and uncommitted in steps.
    struct JVMHeap: ServerHeap {
        /// `-Xmx`, and whether `-Xms` is the same.
        var most: Double
        let isFixed: Bool
        /// Bytes that stay live, and those of requests at load 1.
        let live: Double
        let perLoad: Double
        /// Bytes allocated a second at load 1, and the share that outlives young collections.
        let allocation: Double
        let promoted: Double
        /// Seconds over which what stays live is built up.
        let warming: Double
        /// Metaspace, code cache and threads when warm.
        let native: Double
        let expansion: Double
        /// The heap is shrunk when more of it is free: `-XX:MaxHeapFreeRatio` as a share.
        let mostFree: Double
        var loss: Loss?
        private var committed: Double
        private var touched = 0.0
        private var garbage = 0.0
        private var age = 0.0
        private var load = 0.0
        private var retained = 0.0

        init(live: Double, most: Double, isFixed: Bool = false, _ draw: inout Draw) {
            (self.live, self.most, self.isFixed) = (live, most, isFixed)
            perLoad = live * draw.spread(0.02, 0.4)
            (allocation, promoted) = (live * draw.spread(0.0005, 0.05), draw.spread(0.001, 0.05))
            (warming, native) = (draw.spread(60, 8 * hour), size(40, 400, &draw))
            (expansion, mostFree) = (draw.uniform(1.05, 1.4), draw.one(of: 0.7, 0.7, 0.4, 0.25))
            committed = isFixed ? most : min(most, live * draw.uniform(0.3, 1.2))
        }

        var leaked: Double { loss?.leaked ?? 0 }
        var isExhausted: Bool { retained > 0.96 * most }
        var bytes: Double {
            max(0, touched - leaked) + native * (1 - 0.6 * exp(-age / (warming + 1800)) + 0.05 * load)
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            (age, load) = (moment.age, moment.load)
            loss?.advance(moment, &draw)
            let allocated = allocation * moment.load * moment.step
            retained = live * (1 - 0.85 * exp(-age / warming)) + perLoad * moment.load + leaked
            garbage += min(allocated * promoted, 0.45 * committed)
            if retained + garbage > max(0.45 * committed, 1.1 * retained) { collect(&draw) }
            let young = min(0.55 * committed, max(0.05 * committed, allocation * moment.load * 20))
            let used = min(retained + garbage + young, most)
            if used > 0.85 * committed { committed = min(most, max(used, committed) * expansion) }
            touched = min(committed, max(touched + min(max(0, used - touched), allocated), 0.6 * retained))
        }

        /// Mixed collections reclaim old regions; a heap that is mostly free is shrunk.
        private mutating func collect(_ draw: inout Draw) {
            garbage *= draw.uniform(0.05, 0.35)
            guard !isFixed, retained + garbage < (1 - mostFree) * committed else { return }
            committed = max((retained + garbage) / (1 - mostFree), 0.7 * committed)
            touched = min(touched, committed)
        }
    }

    /// The collector and scavenger of Go.
    struct GoRuntime {
        /// `GOGC` as a share.
        let growth: Double
        /// Seconds over which the scavenger returns what is free.
        let scavenge: Double
        private(set) var resident = 0.0

        init(_ draw: inout Draw) {
            (growth, scavenge) = (draw.one(of: 0.5, 1, 1, 1, 2), draw.spread(60, 1200))
        }

        mutating func settle(live: Double, _ moment: HeapMoment, _ draw: inout Draw) {
            let reached = moment.load > 0.2 ? draw.uniform(0.9, 1) : draw.uniform(0.4, 1)
            let peak = live + max(live * growth, 4 * megabyte) * reached
            let floor = min(resident, 1.1 * peak)
            resident = max(peak, resident + (floor - resident) * (1 - exp(-moment.step / scavenge)))
        }
    }

    /// A server in Go: what stays live, a cache with a bound, and a few kilobytes a request.
    struct GoHeap: ServerHeap {
        let base: Double
        let perLoad: Double
        let cache: Double
        let filling: Double
        var loss: Loss?
        private var runtime: GoRuntime
        private var worked = 0.0
        var leaked: Double { loss?.leaked ?? 0 }
        var bytes: Double { max(0, runtime.resident - leaked) + 12 * megabyte }

        init(base: Double, _ draw: inout Draw) {
            (self.base, perLoad, cache) = (base, base * draw.spread(0.05, 1.5), base * draw.one(of: 0, 0.3, 1))
            (filling, runtime) = (draw.spread(600, 30 * hour), GoRuntime(&draw))
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            loss?.advance(moment, &draw)
            worked += moment.load * moment.step
            let live = base + perLoad * moment.load + cache * (1 - exp(-worked / filling)) + leaked
            runtime.settle(live: live, moment, &draw)
        }
    }

    /// V8: semi-spaces, and an old generation collected at a limit that follows what survived.
    struct V8Heap: ServerHeap {
        let live: Double
        /// Buffers outside the heap at load 1.
        let buffers: Double
        /// Bytes promoted a second at load 1.
        let promotion: Double
        let young: Double
        let growing: Double
        /// `--max-old-space-size`.
        var most = 4 * gigabyte
        var loss: Loss?
        private var garbage = 0.0
        private var limit: Double
        private var retained = 0.0
        private var outside = 0.0
        var leaked: Double { loss?.leaked ?? 0 }
        var isExhausted: Bool { retained > 0.98 * most }
        var bytes: Double { retained - leaked + garbage + outside }

        init(live: Double, _ draw: inout Draw) {
            (self.live, buffers) = (live, live * draw.spread(0.03, 0.6))
            (promotion, young) = (live * draw.spread(0.000_01, 0.002), size(4, 64, &draw))
            growing = draw.uniform(1.15, 2)
            limit = live * 1.2
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            loss?.advance(moment, &draw)
            retained = live * (1 - 0.5 * exp(-moment.age / 900)) + leaked
            outside = 35 * megabyte + buffers * moment.load + young * min(1, 0.3 + moment.load)
            garbage = min(garbage + promotion * moment.load * moment.step, max(live * 0.2, limit - retained))
            let isReduced = moment.load < 0.1 && draw.chance(0.1)
            guard retained + garbage >= limit || isReduced else { return }
            garbage *= draw.uniform(0.02, 0.2)
            limit = (retained + garbage) * growing
        }
    }
}
