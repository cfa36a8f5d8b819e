/// Who the processes are that live, or ended in a look that is not written yet.
struct KnownSubjects {
    /// Beyond this number those are forgotten first that have ended; who lives stays.
    static let most = 30_000

    private(set) var descriptions: [SeriesSubject: SubjectDescription] = [:]
    /// Those of them that have ended, the earliest first.
    private var ended: ArraySlice<SeriesSubject> = []

    subscript(subject: SeriesSubject) -> SubjectDescription? { descriptions[subject] }

    mutating func add(_ batch: SeriesBatch) {
        descriptions.merge(batch.descriptions) { _, new in new }
        ended += batch.ended.filter { descriptions[$0] != nil }
        while descriptions.count > Self.most, let oldest = ended.popFirst() { descriptions[oldest] = nil }
    }

    /// Adds what is known of others.
    mutating func add(_ others: [SeriesSubject: SubjectDescription]) {
        descriptions.merge(others) { own, _ in own }
    }

    /// Forgets those who ended in a look that is written.
    mutating func forget(_ subjects: [SeriesSubject]) {
        for subject in subjects { descriptions[subject] = nil }
        while let oldest = ended.first, descriptions[oldest] == nil { _ = ended.popFirst() }
    }
}
