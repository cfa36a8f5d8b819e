internal import AgentState
internal import SeriesStore

extension MemoryHistory {
    /// Of one read; with the intervals and retention times by default there are some 5,000 in all.
    static let maximumPoints = 20_000
}

extension MemoryPoint {
    init(_ point: GroupPoint) {
        let sum = point.sum
        self.init(
            wall: sum.wall, span: sum.span, count: sum.count, minimum: sum.minimum, maximum: sum.maximum,
            average: sum.average, last: sum.last, resident: sum.residentLast, residentMaximum: sum.residentMaximum)
    }
}
