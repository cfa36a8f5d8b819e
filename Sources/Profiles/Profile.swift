package import ProfileModel

/// Weighted stacks of threads, with every string, frame and stack stored once.
///
/// The stack table is a prefix tree: a row is a frame and the stack of its caller, so a caller always precedes its
/// callees. The weights of all samples together never exceed `UInt64.max`: what would exceed it is not added.
package struct Profile: Sendable {
    package typealias StringIndex = Table<Spelling>.Index
    package typealias FrameIndex = Table<FrameRow>.Index
    package typealias StackIndex = Table<StackRow>.Index
    package typealias ThreadIndex = Table<ThreadRow>.Index

    /// A `Frame` in terms of the string table.
    package struct FrameRow: Hashable, Sendable {
        package let name: StringIndex
        package let kind: FrameKind
        package let object: StringIndex?
    }

    /// A frame on top of its caller's stack.
    package struct StackRow: Hashable, Sendable {
        /// `nil` for the outermost frame.
        package let caller: Table<StackRow>.Index?
        package let frame: FrameIndex
    }

    /// A `ThreadIdentity` in terms of the string table.
    package struct ThreadRow: Hashable, Sendable {
        package let process: ProcessID
        package let thread: ThreadID
        package let name: StringIndex
        package let processName: StringIndex
    }

    /// How often one stack was seen in one thread.
    package struct Sample: Hashable, Sendable {
        /// The innermost frame; `nil` for a sample without frames.
        package let stack: StackIndex?
        package let thread: ThreadIndex
        package let weight: UInt64
    }

    private struct SampleKey: Hashable, Sendable {
        let stack: StackIndex?
        let thread: ThreadIndex
    }

    package var metadata: ProfileMetadata
    package private(set) var strings = Table<Spelling>()
    package private(set) var frames = Table<FrameRow>()
    package private(set) var stacks = Table<StackRow>()
    package private(set) var threads = Table<ThreadRow>()
    /// The sum of all weights.
    package private(set) var totalWeight: UInt64 = 0
    private var keys = Table<SampleKey>()
    private var weights: [UInt64] = []

    /// A profile without samples.
    package init(metadata: ProfileMetadata) { self.metadata = metadata }

    package var isEmpty: Bool { totalWeight == 0 }

    /// The samples, in the order in which their stacks were first added.
    package var samples: some Sequence<Sample> {
        zip(keys.rows, weights).lazy.map { key, weight in
            Sample(stack: key.stack, thread: key.thread, weight: weight)
        }
    }

    /// Counts a stack, given from its innermost frame to its outermost, `weight` times.
    package mutating func add(stack leafFirst: [Frame], thread: ThreadIdentity, weight: UInt64) {
        var stack: StackIndex?
        for frame in leafFirst.reversed() { stack = index(adding: frame, calledBy: stack) }
        add(stack: stack, thread: index(adding: thread), weight: weight)
    }

    /// The frame at an index of this profile's frame table.
    package func frame(at index: FrameIndex) -> Frame {
        let row = frames[index]
        return Frame(name: strings[row.name].text, kind: row.kind, object: row.object.map { strings[$0].text })
    }

    /// The thread at an index of this profile's thread table.
    package func thread(at index: ThreadIndex) -> ThreadIdentity {
        let row = threads[index]
        return ThreadIdentity(
            process: row.process, thread: row.thread,
            name: strings[row.name].text, processName: strings[row.processName].text)
    }

    mutating func add(stack: StackIndex?, thread: ThreadIndex, weight: UInt64) {
        let accepted = min(weight, UInt64.max - totalWeight)
        guard accepted > 0 else { return }
        let index = keys.index(adding: SampleKey(stack: stack, thread: thread))
        if index.position == weights.count { weights.append(0) }
        weights[index.position] += accepted
        totalWeight += accepted
    }

    mutating func index(adding frame: Frame, calledBy caller: StackIndex?) -> StackIndex {
        let row = FrameRow(
            name: index(adding: frame.name), kind: frame.kind, object: frame.object.map { index(adding: $0) })
        return stacks.index(adding: StackRow(caller: caller, frame: frames.index(adding: row)))
    }

    mutating func index(adding thread: ThreadIdentity) -> ThreadIndex {
        threads.index(
            adding: ThreadRow(
                process: thread.process, thread: thread.thread,
                name: index(adding: thread.name), processName: index(adding: thread.processName)))
    }

    private mutating func index(adding text: String) -> StringIndex { strings.index(adding: Spelling(text)) }
}
