/// The evidence against a leak, added up.
///
/// Each figure of the floors' shape takes away points, in units of natural log-odds, along a line through fixed marks. The
/// marks come from a logistic regression on the tuning families, held monotone: nothing that looks more like a leak costs
/// more.
struct OpposingEvidence {
    enum Reason: CaseIterable {
        case unclear
        case bentLately
        case bent
        case early
        case fewRises
        case aimless
    }

    /// Points of each reason, at least zero.
    let points: [Reason: Double]

    var total: Double { points.values.reduce(0, +) }

    init(_ shape: FloorShape) {
        points = [
            .unclear: Self.points(shape.clarity, Self.clarity),
            .bentLately: Self.points(shape.lateBend, Self.lateBend),
            .bent: Self.points(shape.bend, Self.bend),
            .early: Self.points(shape.earliness, Self.earliness),
            .fewRises: Self.points(shape.rises, Self.rises),
            .aimless: Self.points(shape.drift, Self.drift),
        ]
    }

    private typealias Marks = [(value: Double, points: Double)]

    private static let clarity: Marks = [(0, 8.6), (0.3, 6.5), (0.6, 5.3), (1, 2.7), (1.5, 0.4), (2, 0)]
    private static let lateBend: Marks = [
        (-20, 7.7), (-8, 6.4), (-3, 3.1), (-1.5, 1.2), (-0.5, 0.6), (4, 0.6), (15, 0),
    ]
    private static let bend: Marks = [(-20, 3.9), (-8, 3), (-4, 0.3), (-2, 0)]
    private static let earliness: Marks = [(0, 0), (0.05, 0.4), (0.2, 0.4), (0.3, 1.6), (0.5, 1.6), (0.8, 2.7)]
    private static let rises: Marks = [(2, 2.9), (4, 2.3), (8, 1.7), (14, 0.8), (32, 0.8), (44, 0)]
    private static let drift: Marks = [(0, 3.1), (0.7, 2.5), (1.4, 2.5), (2.2, 2.1), (3.5, 0)]

    /// The points at a value: straight between two marks, level beyond the outer ones.
    private static func points(_ value: Double, _ marks: Marks) -> Double {
        guard let after = marks.firstIndex(where: { $0.value >= value }) else { return marks.last?.points ?? 0 }
        guard after > 0 else { return marks[0].points }
        let (low, high) = (marks[after - 1], marks[after])
        return low.points + (high.points - low.points) * (value - low.value) / (high.value - low.value)
    }
}
