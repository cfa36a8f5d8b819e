/// The trend of points by ranks and medians: Theil and Sen's slope, and Mann and Kendall's test.
///
/// Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968).
struct TrendLine {
    /// Units of y per unit of x.
    let slope: Double
    /// The 95 % interval of the slope for independent noise.
    let interval: ClosedRange<Double>
    /// Mann and Kendall's statistic: standard normal when there is no trend and noise is independent.
    let significance: Double
    /// y at x = 0, as a median.
    let intercept: Double

    /// - Parameters:
    ///   - x: ascending, without repetition.
    ///   - y: as many.
    init?(x: [Double], y: [Double]) {
        guard x.count >= 3, x.count == y.count else { return nil }
        var slopes: [Double] = []
        slopes.reserveCapacity(x.count * (x.count - 1) / 2)
        var score = 0
        for later in x.indices.dropFirst() {
            for earlier in 0..<later {
                let rise = y[later] - y[earlier]
                score += rise > 0 ? 1 : rise < 0 ? -1 : 0
                slopes.append(rise / (x[later] - x[earlier]))
            }
        }
        slopes.sort()
        let count = Double(x.count)
        let deviation = (count * (count - 1) * (2 * count + 5) / 18).squareRoot()
        significance = score == 0 ? 0 : (Double(score) - (score > 0 ? 1 : -1)) / deviation
        slope = Median.ofSorted(slopes)
        let reach = 1.959964 * deviation
        let pairs = Double(slopes.count)
        let low = Int(max(0, ((pairs - reach) / 2).rounded(.down)))
        let high = Int(min(pairs - 1, ((pairs + reach) / 2).rounded(.up)))
        interval = slopes[min(low, high)]...slopes[max(low, high)]
        let center = slope
        intercept = Median.of(zip(x, y).map { $1 - center * $0 })
    }

    func residuals(x: [Double], y: [Double]) -> [Double] { zip(x, y).map { $1 - intercept - slope * $0 } }
}
