import Glibc

/// The figures that distinguish a leak's floors from others'; none depends on the size of the process.
struct FloorShape {
    /// The trend of the coarse floors, without the cycle, in bytes per coarse block.
    let line: TrendLine
    /// Bytes over the window, along that trend.
    let growth: Double
    /// Decimal logarithm of growth over noise, the latter as the median absolute deviation from the trend.
    let clarity: Double
    /// How far the floors bend upwards (or, below zero, downwards), in standard errors.
    let bend: Double
    /// The same over the last two thirds.
    let lateBend: Double
    /// How early growth came: the largest lead of the lower envelope over a straight line, 0 to 1.
    let earliness: Double
    /// In how many blocks the lower envelope rises, by at least a tenth of its mean rise.
    let rises: Double
    /// The mean increment in standard errors: what growth is when floors are a random walk.
    let drift: Double
    /// Bytes that the lower envelope rose by.
    let height: Double
    /// The largest share of one rise in it.
    let largestRise: Double
    /// Seconds; `nil` without a cycle.
    let cycle: Double?

    private static let late = FloorWindow.blocks / 3
    private static let wholeCurves = OrthonormalCurves(degree: 3, count: FloorWindow.blocks)
    private static let lateCurves = OrthonormalCurves(degree: 3, count: FloorWindow.blocks - late)
    /// A leak whose pace changes by less than this share is as good as straight, however small the noise.
    private static let tolerance = 0.02

    /// - Parameters:
    ///   - floors: as many as a window has blocks.
    ///   - window: seconds.
    init?(floors: [Double], window: Double) {
        let cleaned = CycleRemoval.cleaned(floors, window: window)
        cycle = cleaned.period
        let clean = cleaned.floors
        let coarse = BlockFloors.coarse(clean)
        guard let line = TrendLine(coarse) else { return nil }
        self.line = line
        growth = line.slope * Double(coarse.count - 1)
        let noise = Median.deviation(of: line.residuals(of: coarse))
        // One byte is as little as memory varies.
        clarity = log10(max(growth, 1) / max(noise, 1))
        bend = Self.bend(of: clean, Self.wholeCurves)
        lateBend = Self.bend(of: Array(clean[Self.late...]), Self.lateCurves)

        let envelope = Self.envelope(of: floors)
        let last = Double(floors.count - 1)
        let rise = max(1, (envelope.last ?? 0) - (envelope.first ?? 0))
        earliness = envelope.indices.map { (envelope[$0] - envelope[0]) / rise - Double($0) / last }.max() ?? 0

        let lower = Self.envelope(of: clean)
        height = (lower.last ?? 0) - (lower.first ?? 0)
        let total = max(1, height)
        let increments = zip(lower, lower.dropFirst()).map { $1 - $0 }
        rises = Double(increments.filter { $0 > 0.1 * total / last }.count)
        largestRise = (increments.max() ?? 0) / total
        drift = Self.drift(of: clean)
    }

    /// The lowest of each floor and all later ones: what no later moment went below.
    private static func envelope(of floors: [Double]) -> [Double] {
        var lowest = Double.infinity
        return floors.reversed().map { floor in
            lowest = min(lowest, floor)
            return lowest
        }.reversed()
    }

    private static func bend(of floors: [Double], _ curves: OrthonormalCurves) -> Double {
        let shares = curves.shares(of: floors)
        let rest = curves.residuals(of: floors)
        let freedom = Double(floors.count - shares.count)
        let variance = max(1, OrthonormalCurves.product(rest, rest)) / freedom
        let tolerated = tolerance * shares[1]
        return shares[2] / (variance + tolerated * tolerated).squareRoot()
    }

    private static func drift(of floors: [Double]) -> Double {
        let increments = zip(floors, floors.dropFirst()).map { $1 - $0 }
        let count = Double(increments.count)
        let mean = increments.reduce(0, +) / count
        let variance = increments.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        return mean / (max(1, variance) / count).squareRoot()
    }
}
