import Glibc
import TrendFamilies

extension HeldOutFleet {
    /// A worker forked from a loaded master: reference counts copy its pages, and requests raise its own arenas.
    struct ForkedWorker: ServerHeap {
        let own: Double
        /// Bytes of the master's that get copied, and the seconds of load 1 over which most are.
        let copied: Double
        let copying: Double
        /// Objects of the largest requests.
        let request: Double
        var retention: Retention
        private var worked = 0.0
        var bytes: Double { retention.resident }

        init(own: Double, master: Double, _ draw: inout Draw) {
            (self.own, copied) = (own, master * draw.uniform(0.2, 0.9))
            (copying, request) = (draw.spread(120, 12 * hour), own * draw.spread(0.05, 1))
            retention = Retention(pinned: draw.uniform(0.3, 0.95), trim: draw.spread(60, hour))
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            worked += moment.load * moment.step
            let objects = request * min(1, draw.exponential() / 4) * min(1, moment.load)
            retention.settle(own + copied * (1 - exp(-worked / copying)) + objects, moment.step)
        }
    }

    /// Code compiled as it gets hot, over the load of a day.
    struct CompilingHeap: ServerHeap {
        let base: Double
        let code: Double
        /// Seconds of load 1 in which the usual paths get hot, and those in which the rare ones do.
        let usual: Double
        let rare: Double
        let perLoad: Double
        private var worked = 0.0
        private var load = 0.0

        init(base: Double, _ draw: inout Draw) {
            (self.base, code, perLoad) = (base, base * draw.uniform(0.2, 1.5), base * draw.spread(0.02, 0.3))
            (usual, rare) = (draw.spread(300, 2 * hour), draw.spread(4 * hour, 20 * hour))
        }

        var bytes: Double {
            base + code * (0.6 * (1 - exp(-worked / usual)) + 0.4 * (1 - exp(-worked / rare))) + perLoad * load
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            load = moment.load
            worked += moment.load * moment.step
        }
    }

    /// A job: it reads its input, works and exits.
    struct JobHeap: ServerHeap {
        let size: Double
        /// Seconds in which it gets so large, and by what power of time.
        let ramp: Double
        let power: Double
        private(set) var bytes = 0.0

        init(size: Double, ramp: Double, _ draw: inout Draw) {
            (self.size, self.ramp, power) = (size, ramp, draw.uniform(0.4, 1.2))
            bytes = size * 0.1
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            bytes = size * (0.1 + 0.9 * pow(min(1, moment.age / ramp), power)) * draw.uniform(0.98, 1)
        }
    }

    /// A scanner that loads each new version of its database beside the old one.
    struct ReloadingHeap: ServerHeap {
        let base: Double
        let database: Double
        let every: Double
        /// Seconds for which both are there.
        let both: Double
        var retention: Retention
        var bytes: Double { retention.resident }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            let since = moment.age.truncatingRemainder(dividingBy: every)
            let copies = since < both && moment.age > every ? 1 + since / both : 1
            // A database gets a little larger with each version.
            let grown = database * (1 + 0.000_3 * (moment.age / every).rounded(.down))
            retention.settle(base + grown * copies, moment.step)
        }
    }
}
