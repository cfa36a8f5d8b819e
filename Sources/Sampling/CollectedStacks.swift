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
}

extension CollectedStack {
    /// The stack with a weight such that all weights of its thread are the time that the thread was away.
    func scaled(by totals: [ThreadID: OffCPUIntervals.Total]) -> CollectedStack {
        guard let scale = totals[thread.thread]?.scale else { return self }
        let exact = Double(weight) * scale
        return CollectedStack(
            thread: thread, frames: frames, ending: ending, count: count,
            weight: UInt64(exactly: exact.rounded()) ?? weight)
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
    private var stacks: [(key: Key, ending: StackEnding, count: UInt64, weight: UInt64)] = []
    private(set) var frameCount = 0
    private let frameLimit: Int
    /// How often all stacks were taken.
    private var takings = 0

    /// - Parameter frameLimit: how many frames all distinct stacks may have together.
    init(frameLimit: Int) { self.frameLimit = frameLimit }

    /// Counts a stack; `nil` when it is new and there is no room for it.
    mutating func count(
        _ stack: RawStack, of thread: ThreadIdentity, count: Int = 1, weight: UInt64 = 1
    ) -> Handle? {
        let key = Key(thread: thread, frames: stack.frames.map(\.location), ending: stack.ending.truncation?.label)
        guard let index = index(of: key, ending: stack.ending) else { return nil }
        stacks[index].count += UInt64(clamping: count)
        stacks[index].weight &+= weight
        return Handle(key: stacks[index].key, ending: stack.ending, index: index, taking: takings)
    }

    /// Counts a stack so many times more; returns whether there is room for it.
    mutating func countAgain(_ handle: inout Handle, times: Int = 1) -> Bool {
        if handle.taking != takings {
            guard let index = index(of: handle.key, ending: handle.ending) else { return false }
            (handle.index, handle.taking) = (index, takings)
        }
        stacks[handle.index].count += UInt64(clamping: times)
        stacks[handle.index].weight &+= UInt64(clamping: times)
        return true
    }

    /// `nil` when it is new and there is no room for it.
    private mutating func index(of key: Key, ending: StackEnding) -> Int? {
        if let known = indices[key] { return known }
        guard frameCount + key.frames.count <= frameLimit else { return nil }
        frameCount += key.frames.count
        indices[key] = stacks.count
        stacks.append((key, ending, 0, 0))
        return stacks.count - 1
    }

    /// Gives out all that was counted since the last call.
    mutating func takeAll() -> [CollectedStack] {
        let taken = stacks.map { stack in
            CollectedStack(
                thread: stack.key.thread, frames: stack.key.frames, ending: stack.ending, count: stack.count,
                weight: stack.weight)
        }
        (indices, stacks, frameCount) = ([:], [], 0)
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
