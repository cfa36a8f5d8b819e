/// Curves over equal steps, each of length one and at right angles to the others: fits are sums of products.
struct OrthonormalCurves {
    /// Each as long as the data.
    let curves: [[Double]]

    /// Made of the given curves in their order (Gram and Schmidt); what depends on those before is left out.
    init(_ shapes: [[Double]]) {
        var found: [[Double]] = []
        for shape in shapes {
            var rest = shape
            for curve in found { Self.subtract(curve, times: Self.product(rest, curve), from: &rest) }
            let length = Self.product(rest, rest).squareRoot()
            guard length > 1e-9 else { continue }
            found.append(rest.map { $0 / length })
        }
        curves = found
    }

    /// Polynomials up to a degree.
    init(degree: Int, count: Int) {
        let places = (0..<count).map { 2 * (Double($0) + 0.5) / Double(count) - 1 }
        var powers = [[Double](repeating: 1, count: count)]
        for power in 0..<degree { powers.append(zip(powers[power], places).map { $0 * $1 }) }
        self.init(powers)
    }

    /// How much of each curve is in the data.
    func shares(of data: [Double]) -> [Double] { curves.map { Self.product(data, $0) } }

    /// What the curves leave over.
    func residuals(of data: [Double]) -> [Double] {
        var rest = data
        for curve in curves { Self.subtract(curve, times: Self.product(data, curve), from: &rest) }
        return rest
    }

    static func product(_ first: [Double], _ second: [Double]) -> Double {
        var sum = 0.0
        for index in 0..<min(first.count, second.count) { sum += first[index] * second[index] }
        return sum
    }

    static func subtract(_ curve: [Double], times factor: Double, from data: inout [Double]) {
        for index in 0..<min(curve.count, data.count) { data[index] -= factor * curve[index] }
    }
}
