/// Collections that could not be written yet, the oldest first.
///
/// When there are too many, every second one goes, and is counted: the older, the further they are apart in the end. The
/// descriptions and ends in it move to the next.
struct Backlog {
    private(set) var batches: ArraySlice<SeriesBatch> = []
    /// Readings of collections that were dropped, since the beginning.
    private(set) var droppedReadings: UInt64 = 0
    private var readings = 0

    /// About 50 bytes each.
    static let mostReadings = 150_000
    static let mostBatches = 4000
    /// Ends of processes that move to the next collection.
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

    /// Takes back the collection that was taken out, and could not be written.
    mutating func putBack(_ batch: SeriesBatch) {
        batches = [batch] + batches
        readings += batch.readings.count
    }

    /// Drops every second collection, but not the newest.
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
    /// Describes these series too, where it doesn't by itself.
    mutating func describe(_ others: [SeriesKey: SeriesDescription]) {
        descriptions.merge(others) { own, _ in own }
    }

    /// The collection with the descriptions and ends of the one before it, which is dropped.
    fileprivate func following(_ dropped: SeriesBatch) -> SeriesBatch {
        var batch = self
        let gone = Set(dropped.ended + ended)
        batch.describe(dropped.descriptions.filter { !gone.contains($0.key) })
        batch.ended = Array((dropped.ended + ended).suffix(Backlog.mostEnds))
        return batch
    }
}

/// What an alert is found by.
struct AlertKey: Hashable {
    let id: String
    let since: Double

    init(_ alert: StoredAlert) {
        id = alert.id
        since = alert.since
    }
}

/// Alerts that could not be written yet; of each the latest state, in the order of their coming.
struct PendingAlerts {
    private var alerts: [AlertKey: StoredAlert] = [:]
    private var order: [AlertKey] = []

    /// The oldest go when there are more.
    static let most = 2000

    var first: StoredAlert? { order.first.flatMap { alerts[$0] } }
    var all: [StoredAlert] { order.compactMap { alerts[$0] } }

    mutating func add(_ alert: StoredAlert) {
        let key = AlertKey(alert)
        if alerts.updateValue(alert, forKey: key) == nil { order.append(key) }
        if order.count > Self.most { removeFirst() }
    }

    /// Takes an alert out that is written, unless a later state of it has come.
    mutating func remove(_ written: StoredAlert) {
        let key = AlertKey(written)
        guard alerts[key] == written else { return }
        alerts[key] = nil
        order.removeAll { $0 == key }
    }

    private mutating func removeFirst() {
        guard !order.isEmpty else { return }
        alerts[order.removeFirst()] = nil
    }
}

/// The descriptions of the processes that live, or ended in a collection that is not written yet.
struct KnownSeries {
    /// Beyond this number those that have ended are evicted; those that live stay.
    static let most = 30_000

    private(set) var descriptions: [SeriesKey: SeriesDescription] = [:]
    /// Those of them that have ended, the earliest first.
    private var ended: ArraySlice<SeriesKey> = []

    subscript(key: SeriesKey) -> SeriesDescription? { descriptions[key] }

    mutating func add(_ batch: SeriesBatch) {
        descriptions.merge(batch.descriptions) { _, new in new }
        ended += batch.ended.filter { descriptions[$0] != nil }
        while descriptions.count > Self.most, let oldest = ended.popFirst() { descriptions[oldest] = nil }
    }

    /// Adds what is known of others.
    mutating func add(_ others: [SeriesKey: SeriesDescription]) {
        descriptions.merge(others) { own, _ in own }
    }

    /// Evicts those that ended in a collection that is written.
    mutating func remove(_ series: [SeriesKey]) {
        for key in series { descriptions[key] = nil }
        while let oldest = ended.first, descriptions[oldest] == nil { _ = ended.popFirst() }
    }
}
