/// Which processes are watched when there are more than may be.
enum ProcessSelection {
    struct Candidate {
        let number: Int32
        let user: UInt32
        /// Bytes.
        let resident: UInt64
        /// Whether it is watched already.
        let isWatched: Bool

        /// A process has to be larger by a quarter to take the place of one that is watched, so that those at the limit don't
        /// come and go.
        fileprivate var rank: UInt64 { isWatched ? resident &+ resident / 4 : resident }
    }

    /// The numbers of at most `maximum` of them: of each user the largest, and of all users equally many, as long as they
    /// have so many.
    static func choose(_ candidates: [Candidate], maximum: Int) -> Set<Int32> {
        guard candidates.count > maximum else { return Set(candidates.map(\.number)) }
        let users = Dictionary(grouping: candidates, by: \.user).values
            .map { $0.sorted { ($1.rank, $0.number) < ($0.rank, $1.number) } }
            .sorted { ($0.count, $0[0].rank, $0[0].user) < ($1.count, $1[0].rank, $1[0].user) }
        var chosen: Set<Int32> = []
        // From the user with the fewest processes: what a user doesn't need is for those who follow.
        for (index, processes) in users.enumerated() {
            let share = (maximum - chosen.count) / (users.count - index)
            chosen.formUnion(processes.prefix(share).map(\.number))
        }
        return chosen
    }
}

/// What is kept of a process that isn't watched because there are too many.
struct DroppedProcess {
    let startTicks: UInt64
    let user: UInt32
    var resident: UInt64
    var lastCollection: UInt64
    var turn = Turn()
}
