import Glibc
import TrendFamilies

extension HeldOutFleet {
    /// Keys that expire after a time, in a store that may have a bound (`maxmemory`).
    struct ExpiringStore: ServerHeap {
        let base: Double
        /// Bytes written a second at load 1.
        let rate: Double
        /// Seconds that a key lives.
        let life: Double
        let most: Double
        var retention: Retention
        /// What was written in each 24th of a life, oldest first.
        private var written: [Double]
        private var begun = 0.0
        var bytes: Double { retention.resident }

        /// - Parameter filled: the share that a dump has when it starts.
        init(base: Double, full: Double, life: Double, most: Double = .infinity, filled: Double, _ draw: inout Draw) {
            (self.base, self.life, self.most, rate) = (base, life, most, full / life)
            retention = Retention(pinned: draw.uniform(0, 0.4), trim: draw.spread(60, hour))
            written = Array(repeating: min(full, most) * filled / 24, count: 24)
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            begun += moment.step
            while begun >= life / 24 {
                begun -= life / 24
                written.removeFirst()
                written.append(0)
            }
            written[23] += rate * moment.load * moment.step * draw.uniform(0.8, 1.2)
            evict(written.reduce(0, +) - most)
            retention.settle(base + written.reduce(0, +), moment.step)
        }

        private mutating func evict(_ excess: Double) {
            var excess = excess
            for index in written.indices where excess > 0 {
                let evicted = min(excess, written[index])
                written[index] -= evicted
                excess -= evicted
            }
        }
    }

    /// A cache that fills with what it misses, up to a bound.
    struct FillingCache: ServerHeap {
        let base: Double
        let most: Double
        /// Bytes that there are to be cached; misses get rarer as it fills.
        let universe: Double
        /// Bytes a second at load 1 of an empty cache.
        let rate: Double
        /// Bytes that it takes from the system at a time.
        let slab: Double
        private var used: Double
        var bytes: Double { base + (used / slab).rounded(.up) * slab }

        /// - Parameter days: after which it would be full if nothing were hit.
        init(base: Double, most: Double, days: Double, universe: Double, _ draw: inout Draw) {
            (self.base, self.most, rate) = (base, most, most / (days * day))
            (self.universe, slab) = (max(universe, most), draw.one(of: 4096, megabyte, megabyte, 16 * megabyte))
            used = 0
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            let missed = rate * moment.load * moment.step * (1 - used / universe) * draw.uniform(0.5, 1.5)
            used = min(most, used + missed)
        }
    }

    /// A map of all keys ever seen, of a set whose popularity falls with the rank by a power.
    struct ZipfStore: ServerHeap {
        private struct Ranks {
            let bytes: Double
            /// Requests a second for each key at load 1.
            let rate: Double
            var seen = 0.0
        }

        let base: Double
        private var ranks: [Ranks]
        var bytes: Double { ranks.reduce(base) { $0 + $1.bytes * $1.seen } }

        /// - Parameters:
        ///   - full: bytes of all keys.
        ///   - rarest: seconds at load 1 between two requests for the rarest key.
        init(base: Double, full: Double, rarest: Double, _ draw: inout Draw) {
            self.base = base
            let (power, buckets) = (draw.uniform(0.6, 1.3), 24)
            let (span, most) = (draw.uniform(8, 14), Double(buckets))
            ranks = (0..<buckets).map { index in
                let (low, high) = (exp(span * (Double(index) / most - 1)), exp(span * (Double(index + 1) / most - 1)))
                return Ranks(bytes: full * (high - low), rate: pow(high, -power) / rarest)
            }
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            let passed = moment.load * moment.step
            for index in ranks.indices where ranks[index].seen < 0.999_9 {
                ranks[index].seen += (1 - ranks[index].seen) * (1 - exp(-ranks[index].rate * passed))
            }
        }
    }

    /// Models that are loaded when first asked for, and may be dropped when not used.
    struct ModelStore: ServerHeap {
        private struct Model {
            let bytes: Double
            let perHour: Double
            var used: Double?
        }

        let base: Double
        let scratch: Double
        /// Seconds after which a model is dropped.
        let idle: Double
        var retention: Retention
        private var models: [Model]
        var bytes: Double { retention.resident }

        init(base: Double, mean: Double, count: Int, idle: Double, _ draw: inout Draw) {
            (self.base, scratch, self.idle) = (base, mean * draw.uniform(0.05, 0.6), idle)
            retention = Retention(pinned: draw.uniform(0, 0.3), trim: draw.spread(30, 600))
            let busiest = draw.spread(1, 200)
            models = (1...count).map { rank in
                let perHour = max(busiest / pow(Double(rank), 2), 0.02)
                return Model(bytes: mean * draw.spread(0.3, 3), perHour: perHour)
            }
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            var needed = base + scratch * min(1.5, moment.load)
            for index in models.indices {
                let mean = models[index].perHour * moment.load * moment.step / hour
                if draw.chance(1 - exp(-mean)) { models[index].used = moment.seconds }
                if let used = models[index].used, moment.seconds - used > idle { models[index].used = nil }
                if models[index].used != nil { needed += models[index].bytes }
            }
            retention.settle(needed, moment.step)
        }
    }
}
