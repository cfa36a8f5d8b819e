internal import ProfileModel

/// What the sampler saw of one thread at one tick, or at several.
struct Observation: Sendable {
    let context: ProcessContext
    let thread: ThreadIdentity
    let sight: Sight

    enum Sight: Sendable {
        /// A new stack.
        case snapshot(StackSnapshot, takenAt: MonotonicTime)
        /// At so many ticks, the thread had run nothing since the snapshot of that time, which may have been lost.
        case unchanged(since: MonotonicTime, count: Int)

        /// For how many samples it stands.
        var count: Int {
            if case .unchanged(_, let count) = self { count } else { 1 }
        }

        var isRepetition: Bool {
            if case .unchanged = self { true } else { false }
        }
    }
}
