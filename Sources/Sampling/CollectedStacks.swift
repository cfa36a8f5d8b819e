package import ProfileModel

/// A stack that was seen, and how often.
package struct CollectedStack: Sendable {
    package let thread: ThreadIdentity
    /// Leaf first.
    package let frames: [CodeLocation]
    package let ending: StackEnding
    /// How often it was seen.
    package let count: UInt64
    /// Samples, or nanoseconds away from a CPU.
    package let weight: UInt64
    /// When it was seen, in nanoseconds of `CLOCK_MONOTONIC`.
    package let runs: SampleRuns
}

extension CollectedStack {
    /// The stack with a weight such that all weights of its thread are the time that the thread was away.
    func scaled(by totals: [ThreadID: OffCPUIntervals.Total]) -> CollectedStack {
        guard let scale = totals[thread.thread]?.scale else { return self }
        let exact = Double(weight) * scale
        return CollectedStack(
            thread: thread, frames: frames, ending: ending, count: count,
            weight: UInt64(exactly: exact.rounded()) ?? weight, runs: runs)
    }
}

/// Counts equal stacks, and keeps a bounded number of distinct ones until they are taken.
struct StackCounter {
    /// Identifies a counted stack, to count it again, also after all were taken.
    struct Handle: Sendable {
        fileprivate let key: Key
        fileprivate let ending: StackEnding
        fileprivate var index: Int
        fileprivate var taking: Int
    }

    fileprivate struct Key: Hashable, Sendable {
        let thread: ThreadIdentity
        let frames: [CodeLocation]
        /// Endings differ in the addresses of single samples; the kinds of ending are few.
        let ending: String?
    }

    private var indices: [Key: Int] = [:]
    /// A stack with its counts.
    private struct Entry {
        let key: Key
        let ending: StackEnding
        var count: UInt64 = 0
        var weight: UInt64 = 0
        var runs = SampleRuns()
    }

    private var stacks: [Entry] = []
    private(set) var frameCount = 0
    private let frameLimit: Int
    private let period: UInt64
    private var runBytes = 0
    /// How often all stacks were taken.
    private var takings = 0

    /// What all times may take; beyond it, samples lengthen the last run of their stack.
    private static let runByteLimit = 128 << 20

    /// - Parameters:
    ///   - frameLimit: how many frames all distinct stacks may have together.
    ///   - period: of the ticks, in nanoseconds.
    init(frameLimit: Int, period: UInt64) {
        self.frameLimit = frameLimit
        self.period = period
    }

    /// Counts a stack; `nil` when it is new and there is no room for it.
    mutating func count(
        _ stack: RawStack, of thread: ThreadIdentity, _ run: SampleRuns.Run, weight: UInt64
    ) -> Handle? {
        let key = Key(thread: thread, frames: stack.frames.map(\.location), ending: stack.ending.truncation?.label)
        guard let index = index(of: key, ending: stack.ending) else { return nil }
        add(run, weight: weight, to: index)
        return Handle(key: stacks[index].key, ending: stack.ending, index: index, taking: takings)
    }

    /// Counts a stack so many times more; returns whether there is room for it.
    mutating func countAgain(_ handle: inout Handle, _ run: SampleRuns.Run) -> Bool {
        if handle.taking != takings {
            guard let index = index(of: handle.key, ending: handle.ending) else { return false }
            (handle.index, handle.taking) = (index, takings)
        }
        add(run, weight: run.count, to: handle.index)
        return true
    }

    private mutating func add(_ run: SampleRuns.Run, weight: UInt64, to index: Int) {
        stacks[index].count += run.count
        stacks[index].weight &+= weight
        let before = stacks[index].runs.byteCount
        // Two ticks in a row are at most one and a half periods apart.
        let gap = runBytes < Self.runByteLimit ? period + period / 2 : .max
        stacks[index].runs.append(run, joiningAcross: gap)
        runBytes += stacks[index].runs.byteCount - before
    }

    /// `nil` when it is new and there is no room for it.
    private mutating func index(of key: Key, ending: StackEnding) -> Int? {
        if let known = indices[key] { return known }
        guard frameCount + key.frames.count <= frameLimit else { return nil }
        frameCount += key.frames.count
        indices[key] = stacks.count
        stacks.append(Entry(key: key, ending: ending))
        return stacks.count - 1
    }

    /// Gives out all that was counted since the last call.
    mutating func takeAll() -> [CollectedStack] {
        let taken = stacks.map { stack in
            CollectedStack(
                thread: stack.key.thread, frames: stack.key.frames, ending: stack.ending, count: stack.count,
                weight: stack.weight, runs: stack.runs)
        }
        (indices, stacks, frameCount, runBytes) = ([:], [], 0, 0)
        takings += 1
        return taken
    }
}

extension StackEnding {
    /// Why the stack has no root; `nil` when it has one.
    package var truncation: TruncationReason? {
        switch self {
        case .rootReached: nil
        case .truncated(let reason): reason
        }
    }
}
