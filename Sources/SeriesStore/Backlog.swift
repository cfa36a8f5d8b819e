/// Looks that could not be written yet, the oldest first.
///
/// When there are too many, every second one goes, and is counted: the older, the further they are apart in the end. Who a
/// process is and that it has ended goes on with the next.
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
        while batches.count > 1, readings > Self.mostReadings || batches.count > Self.mostBatches { thinOut() }
    }

    /// Takes the oldest out, to be written.
    mutating func takeFirst() -> SeriesBatch? {
        guard let first = batches.popFirst() else { return nil }
        readings -= first.readings.count
        return first
    }

    /// Takes back the look that was taken out, and could not be written.
    mutating func putBack(_ batch: SeriesBatch) {
        batches = [batch] + batches
        readings += batch.readings.count
    }

    /// Drops every second look, but not the newest.
    private mutating func thinOut() {
        var kept: ArraySlice<SeriesBatch> = []
        var dropped: SeriesBatch?
        for (position, batch) in batches.enumerated() {
            if position.isMultiple(of: 2), position < batches.count - 1 {
                dropped = batch
                readings -= batch.readings.count
                droppedReadings += UInt64(batch.readings.count)
            } else {
                kept.append(dropped.map(batch.following) ?? batch)
                dropped = nil
            }
        }
        batches = kept
    }
}

extension SeriesBatch {
    /// Describes these subjects too, where it doesn't by itself.
    mutating func describe(_ others: [SeriesSubject: SubjectDescription]) {
        descriptions.merge(others) { own, _ in own }
    }

    /// The look with what has to be told of the one before it, which is dropped.
    fileprivate func following(_ dropped: SeriesBatch) -> SeriesBatch {
        var batch = self
        let gone = Set(dropped.ended + ended)
        batch.describe(dropped.descriptions.filter { !gone.contains($0.key) })
        batch.ended = Array((dropped.ended + ended).suffix(Backlog.mostEnds))
        return batch
    }
}
