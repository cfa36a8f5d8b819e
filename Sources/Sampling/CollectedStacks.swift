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
    func scaled(by offCPUIntervals: [ThreadID: OffCPUIntervals.Total]) -> CollectedStack {
        guard let scale = offCPUIntervals[thread.thread]?.scale else { return self }
        let exact = Double(weight) * scale
        return CollectedStack(
            thread: thread, frames: frames, ending: ending, count: count,
            weight: UInt64(exactly: exact.rounded()) ?? weight)
    }
}

/// Counts equal stacks, and keeps a bounded number of distinct ones.
struct StackCounter {
    /// Identifies a counted stack, to count it again.
    struct Handle: Sendable {
        fileprivate let index: Int
    }

    private struct Key: Hashable {
        let thread: ThreadIdentity
        let frames: [CodeLocation]
        /// Endings differ in the addresses of single samples; the kinds of ending are few.
        let ending: String?
    }

    private var indices: [Key: Int] = [:]
    private var stacks: [(key: Key, ending: StackEnding, count: UInt64, weight: UInt64)] = []
    private var frameCount = 0
    private let frameLimit: Int

    /// - Parameter frameLimit: how many frames all distinct stacks may have together.
    init(frameLimit: Int = 8_000_000) { self.frameLimit = frameLimit }

    /// Counts a stack; `nil` when it is new and there is no room for it.
    mutating func count(_ stack: RawStack, of thread: ThreadIdentity, weight: UInt64 = 1) -> Handle? {
        let key = Key(thread: thread, frames: stack.frames.map(\.location), ending: stack.ending.truncation?.label)
        if let index = indices[key] {
            add(weight, at: index)
            return Handle(index: index)
        }
        guard frameCount + key.frames.count <= frameLimit else { return nil }
        frameCount += key.frames.count
        indices[key] = stacks.count
        stacks.append((key, stack.ending, 1, weight))
        return Handle(index: stacks.count - 1)
    }

    /// Counts a stack so many times more.
    mutating func countAgain(_ handle: Handle, times: Int = 1) {
        stacks[handle.index].count += UInt64(clamping: times)
        stacks[handle.index].weight &+= UInt64(clamping: times)
    }

    private mutating func add(_ weight: UInt64, at index: Int) {
        stacks[index].count += 1
        stacks[index].weight &+= weight
    }

    var collected: [CollectedStack] {
        stacks.map { stack in
            CollectedStack(
                thread: stack.key.thread, frames: stack.key.frames, ending: stack.ending, count: stack.count,
                weight: stack.weight)
        }
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
