import Glibc

extension HeldOutFamilies {
    static let mixed: [TrendFamily] =
        [
            TrendFamily(leak: "sessions, some of which stay") { draw in
                var simulation = Simulation(&draw)
                let (rate, stay) = (draw.uniform(2, 10), draw.uniform(10, 60))
                let (days, phase, depth) = (draw.uniform(2, 6), draw.uniform(), draw.uniform(0.2, 1.2))
                let (item, kept) = (simulation.code * draw.uniform(0.0005, 0.003), draw.uniform(0.05, 0.3))
                var (open, lost) = (rate * stay, 0.0)
                for step in 0..<Simulation.steps {
                    let load = max(0, Simulation.load(step, days: days, phase: phase, depth: depth))
                    let arrived = Double(draw.poisson(rate * load))
                    open = max(0, open + arrived - Double(draw.poisson(open / stay)))
                    lost += arrived * kept
                    simulation.note((open + lost) * item)
                }
                return simulation.withLag(&draw)
            },
            TrendFamily(leak: "cache fills, and something leaks") { draw in
                var simulation = Simulation(&draw)
                let all = max(simulation.code * draw.uniform(0.12, 1), 4e6)
                let (pages, turns) = (draw.uniform(500, 3_000), draw.uniform(12, 60))
                let page = all * draw.uniform(0.2, 1.5) / pages
                var cold = pages
                for step in 0..<Simulation.steps {
                    let reads = pages * turns / Double(Simulation.steps)
                    cold = max(0, cold - Double(draw.poisson(reads * cold / pages)))
                    simulation.note((pages - cold) * page + all * Double(step) / Double(Simulation.steps))
                }
                return simulation.withLag(&draw)
            },
            TrendFamily(leak: "backups, and a leak") { draw in
                var simulation = Simulation(&draw)
                let all = max(simulation.code * draw.uniform(0.08, 1), 4e6)
                let (nights, length, phase) = (draw.whole(1, 7), draw.whole(10, 60), draw.whole(0, 1_439))
                let height = all * draw.uniform(0.2, 2)
                for step in 0..<Simulation.steps {
                    let place = (step + phase) % (Simulation.steps / nights)
                    simulation.note(
                        (place < length ? height * min(1, Double(place) / 8) : 0)
                            + all * Double(step) / Double(Simulation.steps))
                }
                return simulation.withLag(&draw)
            },
            TrendFamily(leak: "a job leaks whenever it runs") { draw in
                var simulation = Simulation(&draw)
                let all = max(simulation.code * draw.uniform(0.1, 1), 4e6)
                let (runs, share) = (draw.whole(8, 48), draw.uniform(0.2, 0.9))
                let (phase, period) = (draw.whole(0, 1_439), Simulation.steps / runs)
                var leaked = 0.0
                for step in 0..<Simulation.steps {
                    if Double((step + phase) % period) < share * Double(period) { leaked += 1 }
                    simulation.note(all * leaked / (share * Double(Simulation.steps)))
                }
                return simulation.withLag(&draw)
            },
            TrendFamily(leak: "backlog in noise, and a leak") { draw in
                var simulation = Simulation(&draw)
                let all = max(simulation.code * draw.uniform(0.1, 1), 4e6)
                let (busy, item) = (draw.uniform(0.6, 0.85), all * draw.uniform(0.001, 0.006))
                var waiting = 0
                for step in 0..<Simulation.steps {
                    waiting = max(0, waiting + draw.poisson(busy * 6) - draw.poisson(6))
                    simulation.note(Double(waiting) * item + all * Double(step) / Double(Simulation.steps))
                }
                return simulation.withLag(&draw)
            },
        ]
        + [0.25, 0.5].map { onset in
            TrendFamily(leak: "new version leaks, from \(onset) on", onset: onset) { draw in
                var simulation = Simulation(&draw)
                let (all, height) = (
                    max(simulation.code * draw.uniform(0.1, 1), 4e6), simulation.code * draw.uniform(0, 0.3)
                )
                let (noise, warm) = (simulation.code * draw.uniform(0.001, 0.004), draw.uniform(5, 30))
                for step in 0..<Simulation.steps {
                    let age = Double(step) - onset * Double(Simulation.steps)
                    let leaked = max(0, age) / (Double(Simulation.steps) * (1 - onset)) * all
                    let warmth = age < 0 ? 1 : 1 - exp(-age / warm)
                    simulation.note(height * warmth + leaked + noise * draw.normal())
                }
                return simulation.withLag(&draw)
            }
        }
}
