import Glibc

extension HeldOutFamilies {
    static let leaks: [TrendFamily] = steady + collected + mixed

    /// Bytes that leak over the window.
    private static func lost(_ draw: inout Draw, _ simulation: Simulation, from low: Double = 0.08) -> Double {
        max(simulation.code * draw.uniform(low, 1.2), 4e6)
    }

    private static let steady: [TrendFamily] = [
        TrendFamily(leak: "requests leak, with the load of days") { draw in
            var simulation = Simulation(&draw)
            let (rate, days, phase) = (draw.uniform(0.3, 8), draw.uniform(2, 7), draw.uniform())
            let (depth, all) = (draw.uniform(0, 1.8), lost(&draw, simulation))
            let item = all / (rate * Double(Simulation.steps))
            var leaked = 0
            for step in 0..<Simulation.steps {
                leaked += draw.poisson(rate * max(0, Simulation.load(step, days: days, phase: phase, depth: depth)))
                simulation.note(Double(leaked) * item)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(leak: "slow drip") { draw in
            var simulation = Simulation(&draw)
            let pace = max(simulation.code * draw.uniform(0.02, 0.1), 3e6) / Double(Simulation.steps)
            let noise = simulation.code * draw.uniform(0.0002, 0.003)
            for step in 0..<Simulation.steps { simulation.note(Double(step) * pace + noise * draw.normal()) }
            return simulation.withLag(&draw, threads: 2)
        },
        TrendFamily(leak: "map that only grows") { draw in
            var simulation = Simulation(&draw)
            let (all, table) = (lost(&draw, simulation, from: 0.2), draw.uniform(0.05, 0.25))
            let first = draw.uniform(1.2, 4)
            for step in 0..<Simulation.steps {
                let entries = 1 + Double(step) / Double(Simulation.steps) * 3
                // The table doubles, its entries come one by one.
                let slots = first * pow(2, (log2(entries / first)).rounded(.up))
                simulation.note(all / 3 * ((1 - table) * entries + table * slots))
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(leak: "threads that never end") { draw in
            var simulation = Simulation(&draw)
            let number = draw.uniform(20, 150)
            let stack = max(simulation.code * draw.uniform(0.1, 0.6), 5e6) / number
            var threads = 0
            for _ in 0..<Simulation.steps {
                threads += draw.poisson(number / Double(Simulation.steps))
                simulation.note(Double(threads) * stack)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(leak: "reconnects leak in clusters") { draw in
            var simulation = Simulation(&draw)
            let (clusters, all) = (draw.uniform(18, 90), lost(&draw, simulation))
            var leaked = 0.0
            for _ in 0..<Simulation.steps {
                if draw.chance(clusters / Double(Simulation.steps)) { leaked += Double(1 + draw.poisson(4)) / 5 }
                simulation.note(leaked * all / clusters)
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(leak: "retries that multiply") { draw in
            var simulation = Simulation(&draw)
            let (all, pace) = (lost(&draw, simulation, from: 0.15), draw.uniform(0.5, 3))
            var (level, sum) = (1.0, 0.0)
            let whole = expm1(pace) / pace * Double(Simulation.steps)
            for _ in 0..<Simulation.steps {
                level *= exp(pace / Double(Simulation.steps))
                sum += level * draw.uniform(0.5, 1.5)
                simulation.note(all * sum / whole)
            }
            return simulation.withLag(&draw)
        },
    ]

    private static let collected: [TrendFamily] = [
        TrendFamily(leak: "live set of a collector grows") { draw in
            var simulation = Simulation(&draw)
            let alive = simulation.code * draw.uniform(0.2, 1.5)
            var heap = CollectedHeap(alive: alive, headroom: draw.uniform(1.2, 2))
            let (growth, pace) = (draw.uniform(0.15, 1.5), alive / draw.uniform(2, 40))
            for step in 0..<Simulation.steps {
                let now = alive * (1 + growth * Double(step) / Double(Simulation.steps))
                simulation.note(heap.allocate(pace * 2 * draw.uniform(), alive: now))
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(leak: "flushed table, and a leak") { draw in
            var simulation = Simulation(&draw)
            let all = lost(&draw, simulation)
            let (limit, flushes) = (all * draw.uniform(0.1, 1.5), draw.uniform(12, 60))
            var table = 0.0
            for step in 0..<Simulation.steps {
                table += limit * flushes / Double(Simulation.steps) * draw.exponential()
                if table > limit { table = 0 }
                simulation.note(table + all * Double(step) / Double(Simulation.steps))
            }
            return simulation.withLag(&draw)
        },
    ]
}
