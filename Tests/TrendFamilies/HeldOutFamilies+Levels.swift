import Glibc

extension HeldOutFamilies {
    static let loads: [TrendFamily] = [
        sessions("sessions of some days", days: 2...6),
        sessions("sessions of a day", days: 0.9...1.5),
        TrendFamily(sound: "week with its end") { draw in
            var simulation = Simulation(&draw)
            let (height, phase, rest) = (simulation.code * draw.uniform(0.05, 0.6), draw.uniform(0, 7), draw.uniform())
            for step in 0..<Simulation.steps {
                let day = Double(step) / Double(Simulation.steps) * 7 + phase
                let isWeekend = Int(day) % 7 >= 5
                let load = Simulation.load(step, days: 7, phase: phase, depth: 1) - 0.5
                simulation.note(height * load * (isWeekend ? rest : 1) * (1 + 0.03 * draw.normal()))
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "part of a longer season") { draw in
            var simulation = Simulation(&draw)
            let (days, phase) = (draw.uniform(0.5, 0.85), draw.uniform())
            let height = simulation.code * draw.uniform(0.05, 0.5)
            for step in 0..<Simulation.steps {
                let load = Simulation.load(step, days: days, phase: phase, depth: 1) - 0.5
                simulation.note(height * load * (1 + 0.02 * draw.normal()))
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "players who come and go") { draw in
            var simulation = Simulation(&draw)
            let most = draw.whole(20, 120)
            let item = simulation.code * draw.uniform(0.1, 0.6) / Double(most)
            var present = draw.whole(0, most)
            for _ in 0..<Simulation.steps {
                present = max(0, min(most, present + draw.one(of: -1, 0, 0, 1)))
                simulation.note(Double(present) * item)
            }
            return simulation.withLag(&draw)
        },
    ]

    private static func sessions(_ name: String, days: ClosedRange<Double>) -> TrendFamily {
        TrendFamily(sound: name) { draw in
            var simulation = Simulation(&draw)
            let (rate, stay) = (draw.uniform(1, 10), draw.uniform(10, 80))
            let (days, phase) = (draw.uniform(days.lowerBound, days.upperBound), draw.uniform())
            let (depth, item) = (draw.uniform(0.3, 1.8), simulation.code * draw.uniform(0.0005, 0.004))
            var open = rate * stay * max(0, Simulation.load(0, days: days, phase: phase, depth: depth))
            for step in 0..<Simulation.steps {
                let load = max(0, Simulation.load(step, days: days, phase: phase, depth: depth))
                open = max(0, open + Double(draw.poisson(rate * load)) - Double(draw.poisson(open / stay)))
                simulation.note(open * item)
            }
            return simulation.withLag(&draw)
        }
    }

    static let levels: [TrendFamily] = [
        TrendFamily(sound: "restarted by deployments") { draw in
            var simulation = Simulation(&draw)
            let (restarts, warm) = (draw.uniform(2, 8) / Double(Simulation.steps), draw.uniform(10, 90))
            let height = simulation.code * draw.uniform(0.2, 2)
            var age = draw.uniform(0, 500)
            for _ in 0..<Simulation.steps {
                age = draw.chance(restarts) ? 0 : age + 1
                simulation.note(height * (1 - exp(-age / warm)) * (1 + 0.005 * draw.normal()))
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "plug-ins are loaded") { draw in
            var simulation = Simulation(&draw)
            let plugins = (1...draw.whole(1, 3)).map { _ in
                (draw.whole(20, 1_400), simulation.code * draw.uniform(0.03, 0.5))
            }
            for step in 0..<Simulation.steps {
                let used = plugins.reduce(0) { $0 + ($1.0 < step ? $1.1 : 0) }
                simulation.note(used + simulation.code * 0.003 * draw.normal())
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "import, then rest") { draw in
            var simulation = Simulation(&draw)
            let (begin, length) = (draw.whole(0, 500), draw.whole(60, 550))
            let height = simulation.code * draw.uniform(0.1, 2)
            for step in 0..<Simulation.steps {
                let share = max(0, min(1, Double(step - begin) / Double(length)))
                simulation.note(height * share + simulation.code * 0.004 * draw.normal())
            }
            return simulation.withLag(&draw)
        },
        TrendFamily(sound: "connection pool at its peaks") { draw in
            var simulation = Simulation(&draw)
            let (days, phase) = (draw.uniform(2, 6), draw.uniform())
            let (mean, item) = (draw.uniform(5, 40), simulation.code * draw.uniform(0.002, 0.02))
            var open = 0
            for step in 0..<Simulation.steps {
                open = max(open, draw.poisson(mean * Simulation.load(step, days: days, phase: phase, depth: 1)))
                simulation.note(Double(open) * item)
            }
            return simulation.withLag(&draw)
        },
    ]
}
