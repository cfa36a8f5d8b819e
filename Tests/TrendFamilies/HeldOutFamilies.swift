import Glibc

/// Families that nothing was tuned on: simulated mechanisms, with laws of their own.
package enum HeldOutFamilies {
    package static let all = quiet + caches + heaps + loads + levels + leaks

    private static let quiet: [TrendFamily] = [
        TrendFamily(sound: "idle threads") { draw in
            var simulation = Simulation(&draw)
            for _ in 0..<Simulation.steps { simulation.note(0) }
            return simulation.withLag(&draw, threads: Double(draw.whole(1, 64)))
        },
        TrendFamily(sound: "huge pages come and go") { draw in
            var simulation = Simulation(&draw)
            let most = draw.whole(4, 40)
            var huge = draw.whole(0, most)
            for _ in 0..<Simulation.steps {
                if draw.chance(0.2) { huge = max(0, min(most, huge + (draw.chance(0.5) ? 1 : -1))) }
                simulation.note(Double(huge) * 0x1p21 * 0.3)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "heavy-tailed jobs") { draw in
            var simulation = Simulation(&draw)
            let (rate, scale) = (draw.uniform(0.02, 0.5), simulation.code * draw.uniform(0.02, 0.2))
            var jobs: [(left: Double, bytes: Double)] = []
            for _ in 0..<Simulation.steps {
                if draw.chance(rate) { jobs.append((draw.exponential() * 12, scale * pow(draw.uniform(0.02), -0.6))) }
                jobs = jobs.map { ($0.left - 1, $0.bytes) }.filter { $0.left > 0 }
                simulation.note(jobs.reduce(0) { $0 + $1.bytes })
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "backup every night") { draw in
            var simulation = Simulation(&draw)
            let (nights, length, phase) = (draw.whole(1, 7), draw.whole(10, 90), draw.whole(0, 1_439))
            let height = simulation.code * draw.uniform(0.1, 1.5)
            for step in 0..<Simulation.steps {
                let place = (step + phase) % (Simulation.steps / nights)
                simulation.note(place < length ? height * min(1, Double(place) / 8) : 0)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "backlog that drains") { draw in
            var simulation = Simulation(&draw)
            let (busy, item) = (draw.uniform(0.7, 0.93), simulation.code * draw.uniform(0.001, 0.01))
            var waiting = 0
            for _ in 0..<Simulation.steps {
                waiting = max(0, waiting + draw.poisson(busy * 6) - draw.poisson(6))
                simulation.note(Double(waiting) * item)
            }
            return simulation.withLag(&draw)
        },
    ]

    private static let caches: [TrendFamily] = [
        TrendFamily(sound: "least recently used cache") { draw in
            var simulation = Simulation(&draw)
            let keys = PopularKeys(count: 20_000)
            let (capacity, item) = (draw.whole(300, 1_500), simulation.code * draw.uniform(0.0003, 0.002))
            let rate = draw.uniform(4, 12)
            var cached: Set<Int> = []
            for _ in 0..<Simulation.steps {
                // Past its capacity each new entry takes the place of another.
                for _ in 0..<draw.poisson(rate) where cached.count < capacity { cached.insert(keys.next(&draw)) }
                simulation.note(Double(cached.count) * item)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "cache with a time to live") { draw in
            var simulation = Simulation(&draw)
            let (life, rate) = (draw.whole(40, 450), draw.uniform(3, 12))
            let (days, phase, depth) = (draw.uniform(1.5, 6), draw.uniform(), draw.uniform(0, 0.8))
            let item = simulation.code * draw.uniform(0.2, 1) / (rate * Double(life))
            var arrived: [Int] = []
            var alive = 0
            for step in 0..<Simulation.steps {
                arrived.append(draw.poisson(rate * Simulation.load(step, days: days, phase: phase, depth: depth)))
                alive += arrived[step] - (step >= life ? arrived[step - life] : 0)
                simulation.note(Double(alive) * item)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "buffer pool of a database") { draw in
            var simulation = Simulation(&draw)
            let (pages, turns) = (draw.uniform(500, 5_000), draw.uniform(3, 25))
            let page = simulation.code * draw.uniform(0.3, 2.5) / pages
            var cold = pages
            for _ in 0..<Simulation.steps {
                let reads = pages * turns / Double(Simulation.steps)
                cold = max(0, cold - Double(draw.poisson(reads * cold / pages)))
                simulation.note((pages - cold) * page)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "table of names") { draw in
            var simulation = Simulation(&draw)
            let names = PopularKeys(count: draw.whole(200, 1_500))
            let (rate, item) = (draw.uniform(8, 30), simulation.code * draw.uniform(0.0003, 0.002))
            var known: Set<Int> = []
            for _ in 0..<Simulation.steps {
                for _ in 0..<draw.poisson(rate) { known.insert(names.next(&draw)) }
                simulation.note(Double(known.count) * item)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "memory table that is flushed") { draw in
            var simulation = Simulation(&draw)
            let (limit, flushes) = (simulation.code * draw.uniform(0.1, 1), draw.uniform(4, 40))
            let phase = draw.uniform()
            var table = limit * phase
            for _ in 0..<Simulation.steps {
                table += limit * flushes / Double(Simulation.steps) * draw.exponential()
                if table > limit { table = 0 }
                simulation.note(table)
            }
            return simulation.withLag(&draw)
        },
    ]

    private static let heaps: [TrendFamily] = [
        TrendFamily(sound: "collector with headroom") { draw in
            var simulation = Simulation(&draw)
            let alive = simulation.code * draw.uniform(0.2, 2)
            var heap = CollectedHeap(alive: alive, headroom: draw.uniform(1.3, 2.5))
            let pace = alive / draw.uniform(2, 60)
            for _ in 0..<Simulation.steps {
                simulation.note(heap.allocate(pace * 2 * draw.uniform(), alive: alive * (1 + 0.01 * draw.normal())))
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "heap that is never given back") { draw in
            // The most that was ever in use at once, of uses that last.
            var simulation = Simulation(&draw)
            let (mean, stay) = (draw.uniform(20, 200), draw.uniform(5, 60))
            let item = simulation.code * draw.uniform(0.001, 0.005)
            var (used, peak) = (Double(draw.poisson(mean)), 0.0)
            for _ in 0..<Simulation.steps {
                used += Double(draw.poisson(mean / stay)) - Double(draw.poisson(max(0, used) / stay))
                peak = max(peak, used)
                simulation.note(peak * item)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "virtual machine up to its maximum") { draw in
            var simulation = Simulation(&draw)
            let (most, growth) = (simulation.code * draw.uniform(0.5, 4), draw.uniform(1.2, 1.6))
            let pace = most * draw.uniform(0.02, 0.1)
            var (size, garbage) = (most * draw.uniform(0.1, 0.3), 0.0)
            for _ in 0..<Simulation.steps {
                garbage += pace * draw.uniform()
                if garbage > size {
                    garbage = 0
                    if draw.chance(0.5) { size = min(most, size * growth) }
                }
                simulation.note(size)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "trimmed by the allocator") { draw in
            var simulation = Simulation(&draw)
            let (height, trims) = (simulation.code * draw.uniform(0.1, 0.6), draw.whole(6, 20))
            var spare = height * draw.uniform()
            for _ in 0..<Simulation.steps {
                spare += height * Double(trims) / Double(Simulation.steps) * draw.uniform(0, 2)
                if spare > height * draw.uniform(0.8, 1.2) { spare *= draw.uniform(0, 0.1) }
                simulation.note(spare)
            }
            return simulation.withLag(&draw)
        },
    ]
}
