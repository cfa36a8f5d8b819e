/// The trend of points by medians: Theil and Sen's slope, with its interval by Kendall's variance.
///
/// Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968).
struct TrendLine {
    /// Units of y per unit of x.
    let slope: Double
    /// The 95 % interval of the slope for independent noise.
    let interval: ClosedRange<Double>
    /// y at x = 0, as a median.
    let intercept: Double

    /// - Parameter y: at x = 0, 1, 2 …
    init?(_ y: [Double]) {
        guard y.count >= 3 else { return nil }
        let x = y.indices.map(Double.init)
        var slopes: [Double] = []
        slopes.reserveCapacity(x.count * (x.count - 1) / 2)
        for later in x.indices.dropFirst() {
            for earlier in 0..<later {
                slopes.append((y[later] - y[earlier]) / (x[later] - x[earlier]))
            }
        }
        slopes.sort()
        let count = Double(x.count)
        let deviation = (count * (count - 1) * (2 * count + 5) / 18).squareRoot()
        slope = Median.ofSorted(slopes)
        let reach = 1.959964 * deviation
        let pairs = Double(slopes.count)
        let low = Int(max(0, ((pairs - reach) / 2).rounded(.down)))
        let high = Int(min(pairs - 1, ((pairs + reach) / 2).rounded(.up)))
        interval = slopes[min(low, high)]...slopes[max(low, high)]
        let center = slope
        intercept = Median.of(zip(x, y).map { $1 - center * $0 })
    }

    func residuals(of y: [Double]) -> [Double] { y.enumerated().map { $1 - intercept - slope * Double($0) } }
}

/// Medians, the base of everything here: one outlier in two doesn't move them far.
enum Median {
    /// The median; zero of nothing.
    static func of(_ values: [Double]) -> Double { ofSorted(values.sorted()) }

    static func ofSorted(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let middle = values.count / 2
        return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
    }

    /// The median absolute deviation from the median, scaled to the standard deviation of normal noise.
    static func deviation(of values: [Double]) -> Double {
        let center = of(values)
        return 1.4826 * of(values.map { abs($0 - center) })
    }
}
