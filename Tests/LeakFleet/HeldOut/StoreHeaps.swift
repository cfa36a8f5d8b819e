import Glibc
import TrendFamilies

extension HeldOutFleet {
    /// A backend of a database: catalogue and plan caches grow with the tables it meets, sorts take `work_mem`.
    struct Backend: ServerHeap {
        let base: Double
        let catalogue: Double
        /// Seconds of load 1 over which it meets most tables.
        let meeting: Double
        let workMemory: Double
        let sortsPerHour: Double
        var retention: Retention
        private var worked = 0.0
        let connections: Int? = 1
        var bytes: Double { retention.resident }

        init(_ draw: inout Draw) {
            (base, catalogue) = (size(2, 8, &draw), size(2, 80, &draw))
            (meeting, workMemory) = (draw.spread(300, 2 * day), size(4, 128, &draw))
            (sortsPerHour, retention) = (draw.spread(0.05, 30), Retention(pinned: draw.uniform(0, 0.2), trim: 60))
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            worked += moment.load * moment.step
            var needed = base + catalogue * (1 - exp(-worked / meeting))
            let mean = sortsPerHour * moment.load * moment.step / hour
            if draw.chance(1 - exp(-mean)) { needed += workMemory * min(2, draw.exponential()) }
            retention.settle(needed, moment.step)
        }
    }

    /// An index of a log-structured store: write buffers, filters of runs until a compaction, a block cache.
    struct LogStructuredStore: ServerHeap {
        let base: Double
        let buffer: Double
        /// Bytes written a second at load 1, and those of filters and indexes for each byte written.
        let rate: Double
        let indexed: Double
        /// Seconds between compactions, and the hour of the day of the first.
        let every: Double
        let first: Double
        var cache: FillingCache
        private var active = 0.0
        private var flushing = 0.0
        private var index = 0.0
        private var period: Double?
        var bytes: Double { base + active + flushing + index + cache.bytes }

        init(base: Double, buffer: Double, every: Double, _ draw: inout Draw) {
            (self.base, self.buffer, self.every) = (base, buffer, every)
            rate = buffer / draw.spread(600, 12 * hour)
            indexed = base * draw.uniform(0.2, 1.5) / (rate * every)
            first = draw.uniform(0, 6) * hour
            cache = FillingCache(
                base: 0, most: base * draw.uniform(0.1, 1), days: draw.spread(0.05, 2), universe: base * 3, &draw)
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            cache.advance(moment, &draw)
            let written = rate * moment.load * moment.step * draw.uniform(0.7, 1.3)
            active += written
            index += written * indexed
            flushing = max(0, flushing - buffer * moment.step / 180)
            if active >= buffer { (flushing, active) = (buffer, 0) }
            let current = ((moment.seconds - first) / every).rounded(.down)
            if let period, current > period { index *= draw.uniform(0, 0.1) }
            period = current
        }
    }

    /// A database of time series with a head that is cut every two hours.
    struct SeriesHead: ServerHeap {
        let series: Double
        let perSeries: Double
        /// The share of series that are replaced in an hour, and in a deployment.
        let churn: Double
        let replaced: Double
        /// Bytes of samples for each series in an hour.
        let samples: Double
        var deployments: Episodes
        private var runtime: GoRuntime
        private var old = 0.0
        private var stale = 0.0
        private var chunks = 0.0
        private var cut: Double?
        var bytes: Double { runtime.resident + 40 * megabyte }

        init(series: Double, _ draw: inout Draw) {
            (self.series, perSeries) = (series, draw.uniform(2500, 6000))
            (churn, replaced) = (draw.spread(0.002, 0.3), draw.uniform(0.02, 0.3))
            (samples, runtime) = (draw.uniform(150, 900), GoRuntime(&draw))
            deployments = Episodes(perDay: draw.spread(0.3, 6), seconds: 60...120)
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            stale += series * churn * moment.step / hour
            if deployments.isActive(moment, &draw) { stale += series * replaced * min(1, moment.step / 120) }
            stale = min(stale, 2 * series)
            chunks += series * samples * moment.step / hour
            let current = (moment.seconds / (2 * hour)).rounded(.down)
            if let cut, current > cut { (old, stale, chunks) = (stale, 0, chunks * 0.35) }
            cut = current
            let queries = series * perSeries * 0.05 * draw.exponential() * min(1, moment.load)
            let live = (series + stale + old) * perSeries + chunks + min(queries, series * perSeries * 0.2)
            runtime.settle(live: live, moment, &draw)
        }
    }

    /// A consumer that takes a backlog into memory up to a bound while what is behind it is slow.
    struct BacklogHeap: ServerHeap {
        let base: Double
        let perLoad: Double
        let most: Double
        /// Bytes that arrive a second at load 1, and those that are drained.
        let arriving: Double
        let draining: Double
        var outages: Episodes
        var retention: Retention
        private var backlog = 0.0
        var bytes: Double { retention.resident }
        var bound: Double { base + 1.5 * perLoad + most }

        init(base: Double, most: Double, _ draw: inout Draw) {
            (self.base, self.most, perLoad) = (base, most, base * draw.spread(0.02, 0.5))
            arriving = most / draw.spread(600, 8 * hour)
            (draining, retention) = (arriving * draw.uniform(0.5, 5), .usual(&draw))
            outages = Episodes(perDay: draw.spread(0.15, 3), seconds: 300...draw.spread(hour, 8 * hour))
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            let isBlocked = outages.isActive(moment, &draw)
            backlog += (isBlocked ? arriving * moment.load : -draining) * moment.step
            backlog = min(most, max(0, backlog))
            retention.settle(base + perLoad * moment.load + backlog, moment.step)
        }
    }

    /// A daemon in Go that keeps an object for each pod of its node.
    struct PodHeap: ServerHeap {
        let base: Double
        let each: Double
        /// Pods in the mean, and seconds that one lives.
        let mean: Double
        let life: Double
        private var pods: Double
        private var runtime: GoRuntime
        var bytes: Double { runtime.resident + 15 * megabyte }

        init(base: Double, each: Double, mean: Double, life: Double, _ draw: inout Draw) {
            (self.base, self.each, self.mean, self.life) = (base, each, mean, life)
            (pods, runtime) = (mean * 0.5, GoRuntime(&draw))
        }

        mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
            let started = Double(draw.poisson(mean / life * moment.step * (0.3 + 0.9 * moment.load)))
            let ended = Double(draw.poisson(pods / life * moment.step))
            pods = min(max(0, pods + started - ended), 2.2 * mean)
            runtime.settle(live: base + pods * each, moment, &draw)
        }
    }
}
