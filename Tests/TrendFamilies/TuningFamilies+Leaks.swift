import Glibc

extension TuningFamilies {
    static let leaks: [TrendFamily] = plain + disturbed + late

    private static let plain: [TrendFamily] = [
        .leak("slow leak") { draw in
            draw.uniform(0.02, 0.1) * Shapes.times + Shapes.mixed(&draw, 0.0005, 0.008)
        },
        .leak("slow leak, quantised") { draw in
            let grain = draw.spread(5e-4, 4e-3)
            let series = draw.uniform(0.025, 0.1) * Shapes.times + Shapes.white(&draw, 0.0003, 0.002)
            return series.map { ($0 / grain).rounded() * grain }
        },
        .leak("linear leak") { draw in
            draw.spread(0.1, 4) * Shapes.times + Shapes.mixed(&draw, 0.001, 0.012)
        },
        .leak("leak whose pace drifts") { draw in
            let (growth, bend) = (draw.spread(0.06, 2), draw.uniform(-0.15, 0.3))
            return Shapes.times.map { growth * $0 * (1 - bend * (1 - $0)) } + Shapes.mixed(&draw, 0.0005, 0.004)
        },
        .leak("leak in random steps") { draw in
            let (number, growth) = (draw.poisson(draw.uniform(12, 120)), draw.spread(0.06, 1))
            return growth * Shapes.arrivals(&draw, number) { $0.exponential() } + Shapes.white(&draw, 0.0005, 0.005)
        },
        .leak("leak of log-normal blocks") { draw in
            let (number, growth) = (draw.poisson(draw.uniform(18, 200)), draw.spread(0.06, 1))
            return growth * Shapes.arrivals(&draw, number) { exp(0.8 * $0.normal()) }
                + Shapes.mixed(&draw, 0.0005, 0.004)
        },
        .leak("accelerating leak") { draw in
            let (growth, power) = (draw.spread(0.08, 2), draw.uniform(1.2, 3))
            return Shapes.times.map { growth * pow($0, power) } + Shapes.mixed(&draw, 0.001, 0.008)
        },
        .leak("exponential leak") { draw in
            let (growth, pace) = (draw.spread(0.1, 1.5), draw.uniform(0.5, 3))
            return Shapes.times.map { growth * expm1(pace * $0) / expm1(pace) } + Shapes.mixed(&draw)
        },
    ]

    private static let disturbed: [TrendFamily] = [
        .leak("sawtooth leak") { draw in
            let growth = draw.spread(0.05, 1)
            let teeth = Shapes.sawtooth(
                &draw, period: draw.spread(0.004, 0.1), height: growth * draw.spread(0.2, 4),
                jitter: draw.uniform(0, 0.3))
            return growth * Shapes.times + teeth + Shapes.white(&draw, 0.001, 0.008)
        },
        .leak("leak with growing teeth") { draw in
            let growth = draw.spread(0.08, 1)
            let teeth = Shapes.sawtooth(
                &draw, period: draw.spread(0.01, 0.07), height: growth * draw.spread(0.2, 2), jitter: 0.1)
            return growth * Shapes.times + zip(teeth, Shapes.times).map { $0 * (0.5 + $1) } + Shapes.white(&draw)
        },
        .leak("leak and daily cycle") { draw in
            let (growth, period) = (draw.spread(0.05, 0.8), draw.uniform(0.12, 0.5))
            return growth * Shapes.times + growth * draw.spread(0.1, 1.2) * Shapes.wave(&draw, period: period)
                + Shapes.white(&draw)
        },
        .leak("leak at the pace of a daily load") { draw in
            let (growth, depth) = (draw.spread(0.06, 1), draw.uniform(0.3, 1))
            var sum = 0.0
            let load = Shapes.wave(&draw, period: draw.uniform(0.12, 0.5)).map { (wave: Double) -> Double in
                sum += 1 + depth * wave
                return sum
            }
            return growth / max(sum, 1) * load + Shapes.mixed(&draw)
        },
        .leak("leak and bursts") { draw in
            let growth = draw.spread(0.08, 1)
            return growth * Shapes.times + Shapes.white(&draw)
                + growth
                * Shapes.bursts(&draw, count: draw.poisson(draw.uniform(3, 16)), longest: 0.06, height: 0.1...2)
        },
        .leak("leak in autoregressive noise") { draw in
            let growth = draw.spread(0.05, 1)
            let memory = draw.one(of: 0.9, 0.97, 0.985, 0.99)
            return growth * Shapes.times
                + Shapes.autoregressive(&draw, memory, growth * draw.spread(0.01, 0.07))
        },
        .leak("random walk with drift") { draw in
            let (growth, noise) = (draw.spread(0.08, 1), draw.uniform(0.02, 0.2))
            var place = 0.0
            return Shapes.times.map { _ in
                place += growth / 1_440 + growth * noise / 1_440.0.squareRoot() * draw.normal()
                return place
            }
        },
    ]

    private static let late: [TrendFamily] =
        [
            .leak("warm-up, then leak") { draw in
                let (growth, pace) = (draw.spread(0.08, 1), draw.spread(0.01, 0.1))
                let start = growth * draw.spread(0.3, 3)
                return Shapes.times.map { growth * $0 + start * (1 - exp(-$0 / pace)) } + Shapes.mixed(&draw)
            },
            .leak("cache fills, then leak") { draw in
                let (growth, end) = (draw.spread(0.1, 1), draw.uniform(0.05, 0.25))
                let start = growth * draw.uniform(0.2, 1.5)
                return Shapes.times.map { growth * $0 + start * min(1, $0 / end) } + Shapes.mixed(&draw)
            },
            .leak("a step, then leak") { draw in
                let (growth, moment) = (draw.spread(0.1, 1), draw.uniform(0.05, 0.6))
                let height = growth * draw.uniform(0.1, 0.5)
                return Shapes.times.map { growth * $0 + ($0 > moment ? height : 0) } + Shapes.mixed(&draw)
            },
        ]
        + [0.15, 0.3, 0.45, 0.6].map { onset in
            .leak("leak that begins at \(onset)", onset: onset) { draw in
                let growth = draw.spread(0.08, 1.5)
                return Shapes.times.map { growth * max(0, $0 - onset) / (1 - onset) }
                    + Shapes.mixed(&draw, 0.001, 0.006)
            }
        }
}
