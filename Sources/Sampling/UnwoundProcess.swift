internal import ObjectFiles
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
    /// The mappings now, and before they changed the last time.
    private(set) var readings: [AddressSpaceReading] = []
    var timeline: CodeTimeline
    var waiting = WaitingMoments()
    /// Whether the mappings can't be read any more, because the process has ended.
    private(set) var isGone = false

    /// - Parameter parent: the process that it was forked from, with whose code it begins.
    init(
        _ context: ProcessContext, tables: UnwindTableCache, store: ObjectFileStore, frameLimit: Int,
        parent: UnwoundProcess? = nil
    ) throws(UnwinderError) {
        self.context = context
        timeline = CodeTimeline(of: parent?.timeline)
        tracker = AddressSpaceTracker(context: context, store: store)
        unwinder = try Unwinder(addressSpace: AddressSpaceMap([]), tables: tables, frameLimit: frameLimit)
        if let inherited = parent?.readings.last { readings = [inherited] }
        readAgain(isUrgent: true)
    }

    /// The stack of a thread that was seen just now.
    func unwind(_ snapshot: StackSnapshot) -> RawStack {
        readAgain(isUrgent: false)
        let map = readings.last?.map ?? AddressSpaceMap([])
        let stack = unwind(snapshot, in: map)
        if case .truncated(.beyondCopiedStack) = stack.ending { context.widenStackWindow(of: snapshot.thread) }
        guard stack.mayComeFromOldMap, readAgain(isUrgent: true), let newest = readings.last else { return stack }
        return unwind(snapshot, in: newest.map)
    }

    /// The stack of a snapshot by given mappings, the kernel's part first.
    func unwind(_ snapshot: StackSnapshot, in map: AddressSpaceMap) -> RawStack {
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
            isGone = isUrgent
            return false
        case .unchanged(let times):
            if let newest = readings.popLast() { readings.append(AddressSpaceReading(map: newest.map, times: times)) }
            return false
        case .changed(let reading):
            context.map = reading.map
            readings = readings.suffix(1) + [reading]
            return true
        }
    }
}

/// The mappings of a process, and when they were read.
struct AddressSpaceReading {
    let map: AddressSpaceMap
    /// They may have changed in between.
    let times: ClosedRange<MonotonicTime>
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
