internal import ProfileModel

/// What the sampler saw of one thread at one tick.
struct Observation: Sendable {
    let context: ProcessContext
    let thread: ThreadIdentity
    let sight: Sight

    enum Sight: Sendable {
        /// A new stack.
        case snapshot(StackSnapshot, takenAt: MonotonicTime)
        /// The thread has run nothing since the snapshot of that time, which may have been lost.
        case unchanged(since: MonotonicTime)

        var isRepetition: Bool {
            if case .unchanged = self { true } else { false }
        }
    }
}
