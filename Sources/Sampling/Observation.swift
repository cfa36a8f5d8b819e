internal import ProfileModel

/// What a sampler saw of one thread at one tick or at several, or of its process.
struct Observation: Sendable {
    let context: ProcessContext
    let thread: ThreadIdentity
    let sight: Sight

    init(context: ProcessContext, thread: ThreadIdentity, sight: Sight) {
        self.context = context
        self.thread = thread
        self.sight = sight
    }

    /// Of a process, and none of its threads in particular.
    init(of context: ProcessContext, _ sight: Sight) {
        let leader = ThreadID(rawValue: context.process.rawValue)
        self.init(
            context: context,
            thread: ThreadIdentity(process: context.process, thread: leader, name: "", processName: ""), sight: sight)
    }

    enum Sight: Sendable {
        /// A new stack.
        case snapshot(StackSnapshot, takenAt: MonotonicTime)
        /// At so many ticks, the thread had run nothing since the snapshot of that time, which may have been lost.
        case unchanged(since: MonotonicTime, count: Int)
        /// A stack that was copied in passing.
        case timed(TimedSample)
        /// Other code is mapped in the process from then on.
        case codeChanged(CodeChange)
        /// Nothing more will come of the process.
        case ended
        /// All changes of the process's code up to that time have been observed.
        case reached(MonotonicTime)

        /// For how many samples it stands: none, when it tells what became of the process.
        var count: Int {
            switch self {
            case .snapshot, .timed: 1
            case .unchanged(_, let count): count
            case .codeChanged, .ended, .reached: 0
            }
        }

        var isRepetition: Bool {
            if case .unchanged = self { true } else { false }
        }
    }
}
