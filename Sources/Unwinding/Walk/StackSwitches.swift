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

    private(set) var steps: [CopyPlan.Step] = []
    private var stack: Range<Address>?

    var isEmpty: Bool { steps.isEmpty }

    /// - Parameter place: the stack pointer when the stack is left.
    mutating func add(_ steps: [CopyPlan.Step], at place: Address, in stack: StackMemory) {
        self.steps += steps
        guard self.stack == nil, let mapping = stack.mapping(containing: place) else { return }
        self.stack = mapping.lowerBound..<place.advanced(by: 1)
    }

    /// Notes it where the caller of a frame at `place` is in another copy of the same stack.
    mutating func addLeap(from place: Address, to target: Address, in stack: StackMemory) {
        guard stack.isLeap(from: place, to: target), let window = stack.window(at: target) else { return }
        add([CopyPlan.Step(origin: .address(window.base), byteCount: window.bytes.count)], at: place, in: stack)
    }

    /// What to copy next time; `nil` where that would not help.
    var plan: CopyPlan? { stack.flatMap { CopyPlan(stack: $0, steps: steps) } }

    /// What to copy next time for a frame at `place` that needs the word at `address`, above the copied part of its stack.
    ///
    /// - Returns: `nil` where the first copy is to become larger.
    func plan(beyond address: Address, from place: Address, in stack: StackMemory) -> CopyPlan? {
        guard let copied = stack.window(at: place) else { return plan }
        let distance = address > copied.end ? address.rawValue - copied.end.rawValue : 0
        let isLargest = copied.bytes.count >= CopyPlan.largestCopy
        if !isEmpty, !isLargest, distance < UInt64(copied.bytes.count) { return plan(widening: copied.bytes.count) }
        guard isLargest || distance >= Self.leastLeap else { return nil }
        let start = address.rawValue - min(address.rawValue, Self.savedRegisters)
        let origin = CopyPlan.Step.Origin.address(Address(rawValue: start & ~(Self.alignment - 1)))
        var switches = self
        switches.add([CopyPlan.Step(origin: origin, byteCount: Self.firstCopy)], at: place, in: stack)
        return switches.plan
    }

    /// The same with twice as much of the last stack as was copied.
    private func plan(widening copied: Int) -> CopyPlan? {
        guard let stack, let last = steps.last else { return nil }
        let wider = CopyPlan.Step(
            origin: last.origin, offsets: last.offsets, start: last.start,
            byteCount: min(copied * 2, CopyPlan.largestCopy))
        return CopyPlan(stack: stack, steps: steps.dropLast() + [wider])
    }
}
