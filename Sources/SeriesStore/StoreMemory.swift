/// What callers of a `ResilientStore` and its worker share: collections and alerts on their way to the disk, and how it goes.
///
/// Its lock is never held while the disk works.
struct StoreMemory {
    var retention: RetentionSettings
    var backlog = Backlog()
    var alerts = PendingAlerts()
    var services = PendingServices()
    var series = KnownSeries()
    /// Why nothing can be written now.
    var error: SeriesStoreError?
    var errors: UInt64 = 0
    var storedReadings: UInt64 = 0
    var notes: [String] = []
    /// The monotonic time of the latest collection.
    private(set) var latest: Double?
    /// What the worker has been asked for and has not begun.
    private var asked: Set<StoreWork> = []
    /// Whether maintenance left something for the next collection.
    var isMaintenanceLeft = false
    private(set) var isClosed = false

    private static let mostNotes = 20

    init(retention: RetentionSettings) { self.retention = retention }

    mutating func add(_ batch: SeriesBatch) {
        latest = batch.monotonic
        series.add(batch)
        backlog.append(batch)
    }

    /// Returns whether the worker is to be asked: not twice for the same, nor once the store is closed.
    mutating func ask(for work: StoreWork) -> Bool { !isClosed && asked.insert(work).inserted }

    mutating func begin(_ work: StoreWork) { asked.remove(work) }

    mutating func close() { isClosed = true }

    mutating func noteWritten(_ batch: SeriesBatch) {
        storedReadings += UInt64(batch.readings.count)
        series.remove(batch.ended)
    }

    mutating func note(_ more: [String]) { notes = Array((notes + more).suffix(Self.mostNotes)) }
}

/// What the worker of a store does without being waited for.
enum StoreWork: Hashable { case write, maintain, keep }

/// The store on disk, and when to try again to reach it: the worker's alone.
struct StoreDisk {
    private(set) var store: SeriesStore?
    var retry = RetryTime()
    /// A store that is opened again may be empty: the processes have to be described again.
    var mustDescribe = false
    /// Of the file, at its next opening.
    private(set) var trust = FileTrust.trusted
    private var lastDamage: ContinuousClock.Instant?

    /// A file that is damaged again this soon is not repaired by reopening it.
    private static let relapse = Duration.seconds(3600)

    mutating func noteDamage() {
        let now = ContinuousClock.now
        trust = lastDamage.map { now - $0 < Self.relapse } ?? false ? .none : .suspect
        lastDamage = now
    }

    mutating func close() {
        store?.close()
        store = nil
    }

    mutating func noteOpened(_ opened: SeriesStore) {
        store = opened
        trust = .trusted
    }
}

/// When to try again: after 1 second, then after twice as long each time, up to a minute.
struct RetryTime {
    private var wait: Double = 1
    private var lastFailure: Double?

    /// On the clock of the collections; at once when that clock went back.
    func isDue(at monotonic: Double) -> Bool {
        guard let lastFailure, lastFailure <= monotonic else { return true }
        return monotonic - lastFailure >= wait
    }

    /// A failure at no known time is tried again with the next collection.
    mutating func postpone(from monotonic: Double?) {
        guard let monotonic else { return }
        if lastFailure != nil { wait = min(wait * 2, 60) }
        lastFailure = monotonic
    }
}
