/// Looks that could not be written yet, the oldest first.
///
/// When there are too many the oldest go, and are counted; who a process is and that it has ended goes on with the next.
struct Backlog {
    private(set) var batches: ArraySlice<SeriesBatch> = []
    /// Readings of looks that were dropped, since the beginning.
    private(set) var droppedReadings: UInt64 = 0
    private var readings = 0

    /// About 50 bytes each.
    static let mostReadings = 150_000
    static let mostBatches = 4000
    /// Ends of processes that go on with the next look.
    static let mostEnds = 20_000

    mutating func append(_ batch: SeriesBatch) {
        batches.append(batch)
        readings += batch.readings.count
        while batches.count > 1, readings > Self.mostReadings || batches.count > Self.mostBatches { dropFirst() }
    }

    /// Takes the oldest out, since it is written.
    mutating func removeFirst() {
        guard let first = batches.popFirst() else { return }
        readings -= first.readings.count
    }

    /// Has the next look describe these subjects too, where it doesn't by itself.
    mutating func describe(_ descriptions: [SeriesSubject: SubjectDescription]) {
        guard !batches.isEmpty else { return }
        batches[batches.startIndex].descriptions.merge(descriptions) { own, _ in own }
    }

    private mutating func dropFirst() {
        guard let first = batches.popFirst(), !batches.isEmpty else { return }
        readings -= first.readings.count
        droppedReadings += UInt64(first.readings.count)
        let ended = Set(first.ended)
        describe(first.descriptions.filter { !ended.contains($0.key) })
        let ends = first.ended + batches[batches.startIndex].ended
        batches[batches.startIndex].ended = Array(ends.suffix(Self.mostEnds))
    }
}
