import Glibc

/// What the tuning families are put together from: figures for each reading, in shares of a process's size.
struct Shapes {
    static let count = TrendFamily.readings
    static let times = (0..<count).map { Double($0) / Double(count) }

    /// Bytes that a process has at first.
    static func base(_ draw: inout Draw) -> Double { draw.spread(20, 4_000) * 0x1p20 }

    static func white(_ draw: inout Draw, _ low: Double = 0.001, _ high: Double = 0.01) -> [Double] {
        let deviation = draw.spread(low, high) * quietness(&draw)
        return times.map { _ in deviation * draw.normal() }
    }

    /// One process in four hardly varies.
    private static func quietness(_ draw: inout Draw) -> Double { draw.chance(0.25) ? draw.spread(0.002, 0.1) : 1 }

    /// Noise of one of four kinds: normal, two-sided exponential, smoothed, with outliers.
    static func mixed(_ draw: inout Draw, _ low: Double = 0.001, _ high: Double = 0.005) -> [Double] {
        let deviation = draw.uniform(low, high) * quietness(&draw)
        switch draw.whole(0, 3) {
        case 0: return times.map { _ in deviation * draw.normal() }
        case 1: return times.map { _ in deviation * draw.exponential() * (draw.chance(0.5) ? 0.7 : -0.7) }
        case 2:
            let source = (0..<(count + 9)).map { _ in deviation * draw.normal() }
            return (0..<count).map { source[$0..<($0 + 10)].reduce(0, +) / 10.0.squareRoot() }
        default: return times.map { _ in deviation * draw.normal() * (draw.chance(0.02) ? 6 : 0.8) }
        }
    }

    /// Autoregressive noise of order one with this standard deviation.
    static func autoregressive(_ draw: inout Draw, _ memory: Double, _ deviation: Double) -> [Double] {
        let fresh = deviation * (1 - memory * memory).squareRoot()
        var value = deviation * draw.normal()
        return times.map { _ in
            value = memory * value + fresh * draw.normal()
            return value
        }
    }

    /// Teeth that rise from zero to `height`; `period` is a share of the window.
    static func sawtooth(
        _ draw: inout Draw, period: Double, height: Double, jitter: Double
    ) -> [Double] {
        var teeth = [Double](repeating: 0, count: count)
        var start = -draw.uniform() * period * Double(count)
        while start < Double(count) {
            let length = max(2, period * Double(count) * (1 + jitter * draw.normal()))
            let top = height * (1 + jitter * draw.normal())
            let first = Int(max(0, start.rounded(.up)))
            let end = Int(min(Double(count), (start + length).rounded(.up)))
            for index in first..<max(first, end) { teeth[index] = top * (Double(index) - start) / length }
            start += length
        }
        return teeth
    }

    static func wave(_ draw: inout Draw, period: Double) -> [Double] {
        let phase = draw.uniform()
        return times.map { sin(2 * .pi * ($0 / period + phase)) }
    }

    /// Uses that come, and go at once or slowly.
    static func bursts(_ draw: inout Draw, count bursts: Int, longest: Double, height: ClosedRange<Double>) -> [Double]
    {
        var sum = [Double](repeating: 0, count: count)
        for _ in 0..<bursts {
            let (start, length) = (draw.uniform(-0.1, 1), draw.spread(0.005, longest))
            let (top, decay) = (draw.spread(height.lowerBound, height.upperBound), draw.uniform(0, 2))
            for (index, time) in times.enumerated() where time >= start && time < start + length {
                sum[index] += top * exp(-(time - start) / length * decay)
            }
        }
        return sum
    }

    /// Running sum of amounts at random moments, as a share of all.
    static func arrivals(_ draw: inout Draw, _ number: Int, _ amount: (inout Draw) -> Double) -> [Double] {
        var sum = [Double](repeating: 0, count: count)
        for _ in 0..<number { sum[draw.whole(0, count - 1)] += amount(&draw) }
        for index in 1..<count { sum[index] += sum[index - 1] }
        let all = max(sum[count - 1], 1e-9)
        return sum.map { $0 / all }
    }
}

/// Sums of shapes, by reading.
func + (first: [Double], second: [Double]) -> [Double] { zip(first, second).map { $0 + $1 } }
func * (factor: Double, shape: [Double]) -> [Double] { shape.map { factor * $0 } }

extension TrendFamily {
    /// A process of a drawn size whose memory is that size times one plus the shape.
    static func sound(_ name: String, _ shape: @escaping @Sendable (inout Draw) -> [Double]) -> TrendFamily {
        TrendFamily(sound: name) { draw in
            let base = Shapes.base(&draw)
            return shape(&draw).map { base * (1 + $0) }
        }
    }

    static func leak(
        _ name: String, onset: Double = 0, _ shape: @escaping @Sendable (inout Draw) -> [Double]
    ) -> TrendFamily {
        TrendFamily(leak: name, onset: onset) { draw in
            // Below, 2 % would be less than what is worth telling.
            let base = max(Shapes.base(&draw), 60 * 0x1p20)
            return shape(&draw).map { base * (1 + $0) }
        }
    }
}
