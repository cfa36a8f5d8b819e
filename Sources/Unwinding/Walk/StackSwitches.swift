internal import ProfileModel

/// Where a walk went on in other copies than the first one, in this order: on other stacks, and above large frames.
struct StackSwitches {
    /// How much of a stack is copied at first.
    static let firstCopy = 64 * 1024
    /// So far above the copied bytes, the caller of a frame is copied by itself: it would take more to copy all between.
    private static let leastLeap: UInt64 = 16 * 1024
    /// What a frame keeps below its return address is copied with that: saved registers, and where to find it.
    private static let savedRegisters: UInt64 = 512
    /// The kernel copies from multiples of it.
    private static let alignment: UInt64 = 512
    private static let pageSize: UInt64 = 4096

    private(set) var steps: [CopyPlan.Step] = []
    private var stack: Range<Address>?
    /// Whether what to copy above the copied part of the stack is known.
    private var hasRest = false
    /// Where the copies begin that the walk has come to.
    private var visited: Set<Address> = []

    var isEmpty: Bool { steps.isEmpty }

    /// Notes how to copy the stack that `target` is on, unless the walk came to that copy before.
    ///
    /// - Parameter place: the stack pointer when the stack is left.
    mutating func add(_ step: CopyPlan.Step, to target: Address, at place: Address, in stack: StackMemory) {
        if let present = stack.window(at: place) { visited.insert(present.base) }
        if let window = stack.window(at: target), !visited.insert(window.base).inserted { return }
        add(step, at: place, in: stack)
    }

    private mutating func add(_ step: CopyPlan.Step, at place: Address, in stack: StackMemory) {
        steps.append(step)
        guard self.stack == nil, let mapping = stack.mapping(ofFrameAt: place) else { return }
        self.stack = mapping.lowerBound..<place.advanced(by: 1)
    }

    /// Notes it where the caller of a frame at `place` is in another copy of the same stack.
    ///
    /// A copy that ended early, at a page that the thread has never used, is not asked for as less than at first: the plan
    /// would give way to the first one whenever a sample comes without copies.
    mutating func addLeap(from place: Address, to target: Address, in stack: StackMemory) {
        guard stack.isLeap(from: place, to: target), let window = stack.window(at: target) else { return }
        add(
            CopyPlan.Step(origin: .address(window.base), byteCount: max(window.bytes.count, Self.firstCopy)),
            to: target, at: place, in: stack)
    }

    /// Has a stack copied from `address` on, where it is not known how far above that the caller of a frame at `place` is.
    mutating func addRest(from address: Address, at place: Address, in stack: StackMemory) {
        let origin = CopyPlan.Step.Origin.address(Address(rawValue: address.rawValue & ~(Self.alignment - 1)))
        add(CopyPlan.Step(origin: origin, byteCount: Self.firstCopy), at: place, in: stack)
        hasRest = true
    }

    /// What to copy next time; `nil` where that would not help.
    var plan: CopyPlan? { stack.flatMap { CopyPlan(stack: $0, steps: steps) } }

    /// What to copy next time for a frame at `place` that needs the word at `address`, above the copied part of its stack.
    ///
    /// - Returns: `nil` where the first copy is to become larger.
    func plan(beyond address: Address, from place: Address, in stack: StackMemory) -> CopyPlan? {
        guard !hasRest, let copied = stack.window(at: place) else { return plan }
        let distance = address > copied.end ? address.rawValue - copied.end.rawValue : 0
        let isLargest = copied.bytes.count >= CopyPlan.largestCopy
        let cannotGrow = isLargest || Self.hasEndedEarly(copied)
        if !isEmpty, !cannotGrow, distance < UInt64(copied.bytes.count) { return plan(widening: copied.bytes.count) }
        guard cannotGrow || distance >= Self.leastLeap else { return nil }
        var switches = self
        switches.add(Self.copy(around: address), at: place, in: stack)
        return switches.plan
    }

    /// Whether the kernel's copy of a sample ended at a page that the thread has never used, as in a frame that is used in part.
    private static func hasEndedEarly(_ copy: StackWindow) -> Bool {
        copy.bytes.count < firstCopy && copy.end.rawValue.isMultiple(of: pageSize)
    }

    /// Of the frame that keeps its return address at `slot`, and of those above.
    static func copy(around slot: Address) -> CopyPlan.Step {
        let start = slot.rawValue - min(slot.rawValue, savedRegisters)
        return CopyPlan.Step(
            origin: .address(Address(rawValue: start & ~(alignment - 1))), byteCount: firstCopy)
    }

    /// The same with twice as much of the last stack as was copied, or as it is copied at first.
    private func plan(widening copied: Int) -> CopyPlan? {
        guard let stack, let last = steps.last else { return nil }
        let wider = CopyPlan.Step(
            origin: last.origin, offsets: last.offsets, start: last.start,
            byteCount: min(max(copied, Self.firstCopy) * 2, CopyPlan.largestCopy))
        return CopyPlan(stack: stack, steps: steps.dropLast() + [wider])
    }
}
