import Glibc

extension TuningFamilies {
    static let steps: [TrendFamily] = [
        .sound("one step") { draw in
            let (height, moment) = (draw.spread(0.03, 1.5), draw.uniform(0.03, 0.97))
            return Shapes.times.map { $0 > moment ? height : 0 } + Shapes.white(&draw)
        },
        .sound("two steps") { draw in
            let first = (draw.spread(0.03, 1), draw.uniform(0.03, 0.97))
            let second = (first.0 * draw.uniform(0.3, 1.5), draw.uniform(0.03, 0.97))
            return Shapes.times.map { ($0 > first.1 ? first.0 : 0) + ($0 > second.1 ? second.0 : 0) }
                + Shapes.white(&draw)
        },
        .sound("two like steps") { draw in
            let (height, moments) = (draw.spread(0.05, 1), [draw.uniform(0.1, 0.5), draw.uniform(0.5, 0.9)])
            return Shapes.times.map { time in height * Double(moments.filter { $0 < time }.count) }
                + Shapes.mixed(&draw, 0.001, 0.02)
        },
        .sound("deployments up and down") { draw in
            let shifts = (1...draw.whole(1, 3)).map { _ in (draw.uniform(-0.15, 0.6), draw.uniform(0.03, 0.97)) }
            return Shapes.times.map { time in 0.5 + shifts.reduce(0) { $0 + (time > $1.1 ? $1.0 : 0) } }
                + Shapes.mixed(&draw, 0.001, 0.01)
        },
        .sound("pool up to its maximum") { draw in
            let number = draw.whole(3, 8)
            var moments: [Double] = [0]
            for index in 1...number { moments.append(moments[index - 1] + Double(index) * draw.exponential()) }
            let (height, end) = (draw.uniform(0.1, 0.8), draw.uniform(0.2, 0.75) / moments[number])
            return Shapes.times.map { time in
                height / Double(number) * Double(moments.dropFirst().prefix { $0 * end < time }.count)
            } + Shapes.mixed(&draw)
        },
        .sound("two sizes") { draw in
            let (height, change) = (draw.uniform(0.05, 0.5), 1 / draw.uniform(30, 300))
            var isLarge = draw.chance(0.5)
            return Shapes.times.map { _ in
                if draw.chance(change) { isLarge.toggle() }
                return isLarge ? height : 0
            } + Shapes.white(&draw, 0.001, 0.005)
        },
    ]

    static let cycles: [TrendFamily] = [
        .sound("daily cycle") { draw in
            let (height, period) = (draw.spread(0.02, 0.4), draw.uniform(0.15, 1.1))
            return height * Shapes.wave(&draw, period: period) + Shapes.white(&draw)
        },
        .sound("cycle longer than the window") { draw in
            let (height, period) = (draw.spread(0.02, 0.4), draw.uniform(1.1, 2))
            return height * Shapes.wave(&draw, period: period) + Shapes.white(&draw)
        },
        .sound("working days") { draw in
            let (height, period, power) = (draw.spread(0.05, 0.5), draw.uniform(0.2, 1), draw.uniform(0.5, 2))
            return Shapes.wave(&draw, period: period).map { height * pow(max(0, $0), power) } + Shapes.white(&draw)
        },
        .sound("cycle of changing height") { draw in
            let (height, period) = (draw.uniform(0.03, 0.35), draw.uniform(0.14, 1))
            let (change, second) = (draw.uniform(0, 0.4), draw.uniform(0, 0.5))
            let slow = Shapes.wave(&draw, period: draw.uniform(0.5, 1.2))
            let wave = Shapes.wave(&draw, period: period) + second * Shapes.wave(&draw, period: period / 2)
            return zip(wave, slow).map { height * $0 * (1 + change * $1) } + Shapes.mixed(&draw, 0.001, 0.008)
        },
        .sound("up and down once") { draw in
            let (height, top, fall) = (draw.spread(0.05, 1), draw.uniform(0.3, 0.85), draw.uniform(0.1, 1))
            return Shapes.times.map { time in
                height * (time < top ? time / top : max(0, 1 - (time - top) / (fall * (1 - top))))
            } + Shapes.white(&draw)
        },
    ]

    static let wandering: [TrendFamily] = [
        .sound("bounded random walk") { draw in
            let width = draw.spread(0.02, 0.3)
            let step = width * draw.spread(0.008, 0.06)
            var place = draw.uniform(0, width)
            return Shapes.times.map { _ in
                place = abs(place + step * draw.normal())
                if place > width { place = max(0, 2 * width - place) }
                return place
            } + Shapes.white(&draw, 0.0005, 0.003)
        },
        .sound("slow autoregressive") { draw in
            Shapes.autoregressive(&draw, 1 - draw.spread(0.004, 0.025), draw.spread(0.005, 0.08))
                + Shapes.white(&draw, 0.0005, 0.003)
        },
        .sound("connections") { draw in
            let (mean, stay) = (draw.uniform(20, 400), draw.spread(0.01, 0.1) * 1_440)
            let height = draw.spread(0.05, 0.4)
            var open = Double(draw.poisson(mean))
            return Shapes.times.map { _ in
                // The change of a queue with unlimited servers, by its mean and variance.
                open += (mean - open) / stay + ((mean + max(0, open)) / stay).squareRoot() * draw.normal()
                open = max(0, open)
                return height * open / mean
            } + Shapes.white(&draw, 0.0005, 0.003)
        },
    ]
}
