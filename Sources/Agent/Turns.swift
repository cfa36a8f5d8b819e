/// Who is next: each not more often than every so many seconds, and first those who have waited longest.
///
/// A turn counts whether or not something came of it.
struct Turns<Candidate: Hashable> {
    private let pause: Double
    private var latest: [Candidate: Double] = [:]

    init(pause: Double) { self.pause = pause }

    /// At most so many of the candidates; others are forgotten.
    mutating func take(_ count: Int, of candidates: [Candidate], at now: Double) -> [Candidate] {
        let known = Set(candidates)
        latest = latest.filter { known.contains($0.key) }
        let due = candidates.map { (candidate: $0, since: latest[$0] ?? -.infinity) }.filter { now - $0.since >= pause }
        let next = due.sorted { $0.since < $1.since }.prefix(count).map(\.candidate)
        for candidate in next { latest[candidate] = now }
        return next
    }
}
