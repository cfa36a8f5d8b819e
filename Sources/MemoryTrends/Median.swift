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
