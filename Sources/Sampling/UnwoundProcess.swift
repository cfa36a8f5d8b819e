internal import ObjectFiles
internal import ProcFS
internal import ProfileModel
internal import TargetProcess
internal import Unwinding

/// The unwinder of one process, kept up to date with its address space.
///
/// Belongs to the collector's thread.
final class UnwoundProcess {
    let context: ProcessContext
    private let unwinder: Unwinder
    private let tracker: AddressSpaceTracker
    private(set) var timeline: AddressSpaceTimeline
    var waiting = WaitingMoments()
    /// How many mappings were copied to apply changes, since the last stacks were unwound.
    private var copiedMappings = 0
    /// A target that changes its mappings without end must not keep Sonde from its work.
    private static let copyLimit = 1 << 20
    /// Whether the mappings can't be read any more, because the process has ended.
    private(set) var isGone = false

    /// - Parameter parent: the process of its context's parent.
    init(
        _ context: ProcessContext, tables: UnwindTableCache, store: ObjectFileStore, frameLimit: Int,
        parent: UnwoundProcess? = nil
    ) throws(UnwinderError) {
        self.context = context
        if let parent, let fork = context.forkTime {
            timeline = AddressSpaceTimeline(forkedFrom: parent.timeline, at: fork)
        } else {
            timeline = AddressSpaceTimeline()
        }
        tracker = AddressSpaceTracker(context: context, store: store, parent: parent?.tracker)
        unwinder = try Unwinder(addressSpace: AddressSpaceMap([]), tables: tables, frameLimit: frameLimit)
        if context.forkTime == nil { readAgain(isUrgent: true) }
    }

    /// The stack of a thread that was seen just now.
    func unwind(_ snapshot: StackSnapshot) -> RawStack {
        readAgain(isUrgent: false)
        // Of a process that has ended before its mappings were read, nothing is known.
        guard !timeline.isEmpty else {
            return RawStack(frames: [], ending: .truncated(.codeChanged(Address(rawValue: 0))))
        }
        let stack = unwind(snapshot, in: context.map)
        if case .truncated(.beyondCopiedStack) = stack.ending { context.widenStackWindow(of: snapshot.thread) }
        guard stack.mayComeFromOldMap, readAgain(isUrgent: true) else { return stack }
        return unwind(snapshot, in: context.map)
    }

    /// The stack of a snapshot by given mappings, the kernel's part first.
    func unwind(_ snapshot: StackSnapshot, in map: AddressSpaceMap) -> RawStack {
        // What a thread that ends does in the kernel, nobody in user space has called.
        if snapshot.registers[.rip] == nil, !snapshot.kernelStack.isEmpty {
            return RawStack(frames: [], ending: .rootReached).called(from: snapshot.kernelStack)
        }
        unwinder.addressSpace = map
        let stack = unwinder.unwind(snapshot, generatedCode: context.memory)
        return stack.called(from: snapshot.kernelStack)
    }

    /// Reads the mappings if it is time to; returns whether they have changed.
    @discardableResult
    func readAgain(isUrgent: Bool) -> Bool {
        switch tracker.read(isUrgent: isUrgent) {
        case .notYet: return false
        case .failed:
            isGone = isGone || context.hasEnded
            return false
        case .unchanged(let times):
            timeline.read(context.map, at: times)
            return false
        case .changed(let map, let times):
            context.map = map
            timeline.read(map, at: times)
            return true
        }
    }

    /// Takes note of a change that the kernel has reported.
    func note(_ change: CodeChange) {
        switch change.kind {
        case .mapped(let entry): apply(entry, at: change.time)
        case .executed: timeline.execute(at: change.time)
        case .unknown: timeline.doubt(since: change.time)
        }
    }

    private func apply(_ entry: MemoryMapping, at time: MonotonicTime) {
        copiedMappings += 1 + (timeline.newest?.mappings.count ?? 0)
        guard copiedMappings <= Self.copyLimit else { return timeline.doubt(since: time) }
        timeline.map(tracker.mapping(entry), at: time)
    }

    /// To be called from time to time: allows for as many changes again.
    func allowChanges() { copiedMappings = 0 }
}

extension TargetMemory: CodeReader {}

extension RawStack {
    /// Whether it would look so if code had been mapped since the mappings were read.
    var mayComeFromOldMap: Bool {
        if let reason = ending.truncation, reason.mayComeFromOldMap { return true }
        return frames.contains { if case .unmapped = $0.location { true } else { false } }
    }

    /// The stack with the kernel's functions above it that the thread was in.
    fileprivate func called(from kernelStack: [Address]) -> RawStack {
        guard let leaf = kernelStack.first else { return self }
        let addresses = [FrameAddress.programCounter(leaf)] + kernelStack.dropFirst().map(FrameAddress.returnAddress)
        let kernel = addresses.map { RawFrame(address: $0, location: .kernel($0.instruction)) }
        return RawStack(frames: kernel + frames, ending: ending)
    }
}

extension TruncationReason {
    fileprivate var mayComeFromOldMap: Bool {
        switch self {
        case .noUnwindInformation, .implausibleReturnAddress, .unsupportedUnwindInformation, .unreadableMemory,
            .stackNotAscending:
            true
        case .frameLimit, .beyondCopiedStack, .unknownRegister, .codeChanged: false
        }
    }
}
