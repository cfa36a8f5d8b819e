internal import ProfileModel

/// The other stacks that a walk went on to, in this order: how each is found and copied.
struct StackSwitches {
    /// How much of a stack is copied at first.
    static let firstCopy = 64 * 1024

    private(set) var steps: [CopyPlan.Step] = []
    private var stack: Range<Address>?

    var isEmpty: Bool { steps.isEmpty }

    /// - Parameter place: the stack pointer when the stack is left.
    mutating func add(_ steps: [CopyPlan.Step], at place: Address, in stack: StackMemory) {
        self.steps += steps
        guard self.stack == nil, let mapping = stack.mapping(containing: place) else { return }
        self.stack = mapping.lowerBound..<place.advanced(by: 1)
    }

    /// What to copy next time; `nil` where that would not help.
    ///
    /// - Parameter copied: how many bytes there were of the last stack, which goes on above them.
    func plan(beyond copied: Int?) -> CopyPlan? {
        guard let stack, var last = steps.last else { return nil }
        if let copied {
            let wider = min(copied * 2, CopyPlan.largestCopy)
            guard wider > copied else { return nil }
            last = CopyPlan.Step(origin: last.origin, offsets: last.offsets, start: last.start, byteCount: wider)
        }
        return CopyPlan(stack: stack, steps: steps.dropLast() + [last])
    }
}
