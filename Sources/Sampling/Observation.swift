internal import ProfileModel

/// What a sampler saw of one thread, or of its process.
struct Observation: Sendable {
    let context: ProcessContext
    let thread: ThreadIdentity
    let sight: Sight

    enum Sight: Sendable {
        /// A new stack.
        case snapshot(StackSnapshot, takenAt: MonotonicTime)
        /// The thread has run nothing since the snapshot of that time, which may have been lost.
        case unchanged(since: MonotonicTime)
        /// A stack that was copied in passing.
        case moment(SampledMoment)
        /// Other code is mapped in the process from then on.
        case codeChanged(CodeChange)
        /// Nothing more will come of the process.
        case ended
        /// All changes of the process's code up to that time have been observed.
        case reached(MonotonicTime)

        /// Whether it says what a thread did, and not what became of its process.
        var isSample: Bool {
            switch self {
            case .snapshot, .unchanged, .moment: true
            case .codeChanged, .ended, .reached: false
            }
        }

        var isRepetition: Bool {
            if case .unchanged = self { true } else { false }
        }
    }
}
