/// How much memory the processes of one service have kept in use: what another one may be expected to need.
///
/// Restarts, forked workers and deployments continue a service. Of its earlier lives those count for good that came to an
/// end of their growth; others count for what they had at the same age.
package struct ServiceMemory: Sendable, Equatable, Codable {
    /// Days that are remembered.
    private static let days = 14
    /// Figures of a curve: the last is for some thousand years.
    private static let longestCurve = 32

    /// The highest level at which a life's growth ended, of each of the latest days, in bytes.
    private var plateaus = [UInt64](repeating: 0, count: Self.days)
    /// The highest level by age, as in `LifeCurve`, of lives that ended in this week, and in the one before.
    private var recent: [UInt64] = []
    private var earlier: [UInt64] = []
    /// The number of the latest day, since 1970.
    package private(set) var day = 0

    package init() {}

    /// Takes a life that has ended.
    ///
    /// - Parameters:
    ///   - isWhole: whether it was seen from its start on.
    ///   - wall: seconds since 1970.
    package mutating func add(_ life: LifeCurve, isWhole: Bool, at wall: Double) {
        turn(to: wall)
        if life.hasPlateaued, let highest = life.highest {
            let place = day % Self.days
            plateaus[place] = max(plateaus[place], highest)
        }
        guard isWhole else { return }
        for (place, level) in life.levels.prefix(Self.longestCurve).enumerated() {
            if place < recent.count { recent[place] = max(recent[place], level) } else { recent.append(level) }
        }
    }

    /// The level that a process may be expected to have, in bytes; 0 where nothing is known.
    ///
    /// - Parameter age: seconds.
    package func expected(atAge age: Double) -> UInt64 {
        let place = LifeCurve.place(ofAge: age)
        let sameAge = [recent, earlier].map { $0.indices.contains(place) ? $0[place] : 0 }.max() ?? 0
        return max(plateaus.max() ?? 0, sameAge)
    }

    private mutating func turn(to wall: Double) {
        guard wall.isFinite, wall > 0, wall < 1e12 else { return }
        let today = Int(wall / 86_400)
        guard today > day else { return }
        for passed in 0..<min(today - day, Self.days) { plateaus[(today - passed) % Self.days] = 0 }
        if today / 7 > day / 7 { (recent, earlier) = ([], today / 7 == day / 7 + 1 ? recent : []) }
        day = today
    }
}

extension ServiceMemory {
    /// Whether the figures are those that `add` makes: another program may have written them.
    package var isValid: Bool {
        plateaus.count == Self.days && recent.count <= Self.longestCurve && earlier.count <= Self.longestCurve
            && (0..<100_000_000).contains(day)
    }
}
