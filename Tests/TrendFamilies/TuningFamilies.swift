import Glibc

/// Families that the thresholds were tuned on: closed formulas with drawn parameters.
package enum TuningFamilies {
    package static let all = still + teeth + filling + steps + cycles + wandering + leaks

    private static let still: [TrendFamily] = [
        .sound("flat") { Shapes.white(&$0, 0.0002, 0.03) },
        .sound("quantised") { draw in
            let (grain, noise) = (draw.spread(1e-4, 5e-3), Shapes.white(&draw, 0.0005, 0.004))
            return noise.map { ($0 / grain).rounded() * grain }
        },
        .sound("autoregressive") { draw in
            Shapes.autoregressive(&draw, draw.one(of: 0.5, 0.9, 0.97, 0.99), draw.spread(0.002, 0.04))
        },
        .sound("declining") { draw in
            (-draw.spread(0.02, 0.5)) * Shapes.times + Shapes.white(&draw)
        },
        .sound("bursts") { draw in
            Shapes.bursts(&draw, count: draw.poisson(draw.uniform(3, 25)), longest: 0.15, height: 0.05...0.8)
                + Shapes.white(&draw)
        },
        .sound("log-normal bursts") { draw in
            let (decay, rate, width) = (exp(-1 / draw.uniform(3, 60)), draw.uniform(0.01, 0.1), draw.uniform(0.5, 1.2))
            var use = 0.0
            return Shapes.times.map { _ in
                use *= decay
                if draw.chance(rate) { use += exp(-3 + width * draw.normal()) }
                return use
            }
        },
    ]

    private static let teeth: [TrendFamily] = [
        .sound("short sawtooth") { draw in
            let (period, height) = (draw.spread(0.003, 0.05), draw.spread(0.05, 1.5))
            return Shapes.sawtooth(&draw, period: period, height: height, jitter: draw.uniform(0, 0.3))
                + Shapes.white(&draw)
        },
        .sound("long sawtooth") { draw in
            let (period, height) = (draw.spread(0.05, 0.45), draw.spread(0.05, 1))
            return Shapes.sawtooth(&draw, period: period, height: height, jitter: draw.uniform(0, 0.3))
                + Shapes.white(&draw)
        },
        .sound("two generations") { draw in
            let (small, large) = (draw.uniform(0.05, 0.3), draw.uniform(0.1, 0.8))
            let young = Shapes.sawtooth(&draw, period: draw.spread(0.003, 0.02), height: small, jitter: 0.3)
            return young + Shapes.sawtooth(&draw, period: draw.spread(0.04, 0.4), height: large, jitter: 0.1)
        },
        .sound("adaptive heap") { draw in
            let garbage = Shapes.sawtooth(
                &draw, period: draw.spread(0.004, 0.03), height: draw.spread(0.1, 0.6), jitter: 0.1)
            let sizes = (1...draw.whole(1, 4)).map { _ in (draw.spread(0.05, 0.5), draw.spread(0.005, 0.4)) }
            let heap = Shapes.times.map { time in sizes.reduce(0) { $0 + (time > $1.1 ? $1.0 : 0) } }
            return garbage + heap + Shapes.white(&draw)
        },
        .sound("trimmed at random") { draw in
            let (rate, trims) = (draw.uniform(0.1, 1.2) / 1_440, draw.uniform(5, 14) / 1_440)
            var use = draw.uniform(0, 0.3)
            return Shapes.times.map { _ in
                use += rate * 2 * draw.uniform()
                if draw.chance(trims) { use *= draw.uniform(0, 0.15) }
                return use
            } + Shapes.white(&draw, 0.0005, 0.004)
        },
        .sound("batch jobs") { draw in
            let (period, share, phase) = (draw.uniform(0.08, 0.5), draw.uniform(0.1, 0.6), draw.uniform())
            let (height, climb) = (draw.uniform(0.1, 1), draw.uniform(1, 5))
            return Shapes.times.map { time in
                let place = (time / period + phase).truncatingRemainder(dividingBy: 1)
                return place < share ? height * min(1, place / share * climb) : 0
            } + Shapes.mixed(&draw)
        },
    ]

    private static let filling: [TrendFamily] = [
        .sound("warm-up") { draw in
            let (height, pace) = (draw.spread(0.1, 3), draw.spread(0.01, 0.14))
            return Shapes.times.map { height * (1 - exp(-$0 / pace)) } + Shapes.white(&draw)
        },
        .sound("linear, then plateau") { draw in
            let (height, end) = (draw.spread(0.05, 3), draw.uniform(0.08, 0.75))
            return Shapes.times.map { height * min(1, $0 / end) } + Shapes.white(&draw)
        },
        .sound("slow saturation") { draw in
            let (height, pace) = (draw.spread(0.05, 3), draw.uniform(0.12, 0.5))
            return Shapes.times.map { height * (1 - exp(-$0 / pace)) } + Shapes.mixed(&draw, 0.001, 0.006)
        },
        .sound("hyperbolic saturation") { draw in
            let (height, half) = (draw.uniform(0.1, 1.5), draw.uniform(0.03, 0.25))
            return Shapes.times.map { height * $0 / ($0 + half) } + Shapes.mixed(&draw, 0.001, 0.006)
        },
        .sound("logarithmic") { draw in
            let (height, pace) = (draw.spread(0.05, 1), draw.spread(0.003, 0.2))
            return Shapes.times.map { height * log1p($0 / pace) / log1p(1 / pace) } + Shapes.mixed(&draw, 0.0005, 0.006)
        },
        .sound("logistic") { draw in
            let (height, middle, width) = (draw.uniform(0.1, 1.5), draw.uniform(0.05, 0.6), draw.uniform(0.03, 0.1))
            return Shapes.times.map { height / (1 + exp(-($0 - middle) / width)) } + Shapes.mixed(&draw)
        },
        .sound("coupon collector's cache") { draw in
            let (height, pace, cap) = (draw.uniform(0.2, 2), draw.uniform(1.5, 15), draw.uniform(0.6, 0.9))
            return Shapes.times.map { height * min(cap, 1 - exp(-$0 * pace)) } + Shapes.mixed(&draw, 0.001, 0.004)
        },
        .sound("churn that saturates") { draw in
            let (height, pace) = (draw.spread(0.02, 0.3), draw.uniform(0.02, 0.15))
            return Shapes.times.map { height * (1 - exp(-$0 / pace)) }
                + Shapes.autoregressive(&draw, 0.98, height * draw.uniform(0.05, 0.25))
                + Shapes.white(&draw, 0.0005, 0.005)
        },
        .sound("high-water mark") { draw in
            let height = draw.uniform(0.01, 0.1)
            var mark = -10.0
            return Shapes.times.map { _ in
                mark = max(mark, draw.normal())
                return height * mark
            } + Shapes.mixed(&draw, 0.001, 0.004)
        },
    ]
}
