internal import ProfileModel
internal import SystemSupport

/// What to copy of the threads of one process besides their stacks, as the worker has planned it.
struct CopyPlans {
    /// A thread's newest plans are kept.
    private static let limitOfThread = 4
    /// Plans of so many threads; when there are more, all are made anew.
    private static let threadLimit = 4096

    private var plans: [ThreadID: [CopyPlan]] = [:]
    private var interpreters: [ThreadID: InterpreterPlan] = [:]
    /// Of threads that have none of their own.
    private var sharedInterpreter: InterpreterPlan?
    private var hasNewSharedPlan = false
    /// When the stacks were read that showed new plans.
    private var sleeps: [ThreadID: MonotonicTime] = [:]
    private var changed: Set<ThreadID> = []
    /// When the newest plans were made.
    private var additions: [ThreadID: MonotonicTime] = [:]

    /// Returns whether the plan is new.
    mutating func add(_ plan: CopyPlan, of thread: ThreadID, seenAt time: MonotonicTime) -> Bool {
        var known = plans[thread] ?? []
        guard !known.contains(where: { $0.includes(plan) }) else {
            // A stack that was read meanwhile lacks it as well.
            if let addition = additions[thread], time < addition { sleeps[thread] = time }
            return false
        }
        // What takes its place is for all stack pointers that either was for.
        let plan = known.filter { $0.isFollowed(by: plan) }.reduce(plan) { $0.extended(to: $1.stack) }
        known.removeAll { $0.isFollowed(by: plan) }
        if plans[thread] == nil, plans.count >= Self.threadLimit { self = CopyPlans() }
        plans[thread] = [plan] + known.prefix(Self.limitOfThread - 1)
        sleeps[thread] = time
        additions[thread] = .now
        changed.insert(thread)
        return true
    }

    /// Returns whether the plan is new.
    mutating func use(_ plan: InterpreterPlan, of thread: ThreadID, seenAt time: MonotonicTime) -> Bool {
        guard interpreters[thread] != plan else { return false }
        if interpreters[thread] == nil, interpreters.count >= Self.threadLimit { self = CopyPlans() }
        interpreters[thread] = plan
        sleeps[thread] = time
        changed.insert(thread)
        return true
    }

    /// Has this copied of the interpreter of all threads for which there is no plan.
    mutating func share(_ plan: InterpreterPlan) {
        guard sharedInterpreter != plan else { return }
        sharedInterpreter = plan
        hasNewSharedPlan = true
    }

    /// The shared plan, if it is new since the last call.
    mutating func takeSharedPlan() -> InterpreterPlan? {
        defer { hasNewSharedPlan = false }
        return hasNewSharedPlan ? sharedInterpreter : nil
    }

    mutating func takeSleeps() -> [ThreadID: MonotonicTime] {
        defer { sleeps = [:] }
        return sleeps
    }

    mutating func takeChanged() -> [ThreadID: ThreadPlans] {
        defer { changed = [] }
        return Dictionary(uniqueKeysWithValues: changed.map { ($0, plans(of: $0)) })
    }

    /// Those that a stack pointer of the thread can make apply.
    func plans(of thread: ThreadID) -> ThreadPlans {
        ThreadPlans(stacks: plans[thread] ?? [], interpreter: interpreters[thread] ?? sharedInterpreter)
    }

    /// Those that apply to a stack pointer.
    func plans(of thread: ThreadID, at stackPointer: Address) -> ThreadPlans {
        ThreadPlans(
            stacks: (plans[thread] ?? []).filter { $0.stack.contains(stackPointer) },
            interpreter: interpreters[thread] ?? sharedInterpreter)
    }
}

extension CopyPlan {
    /// Whether nothing more is copied by another plan, whatever the stack pointer is.
    fileprivate func includes(_ other: CopyPlan) -> Bool {
        stack.lowerBound <= other.stack.lowerBound && other.stack.upperBound <= stack.upperBound
            && steps.count >= other.steps.count && zip(steps, other.steps).allSatisfy { $0.includes($1) }
    }

    /// Whether a new plan takes its place: the same stacks go on further, or more of them is copied, or others are copied of
    /// the same frame.
    fileprivate func isFollowed(by plan: CopyPlan) -> Bool {
        let leadsElsewhere = !(steps + plan.steps).contains(where: \.isPlace)
        if leadsElsewhere, stack == plan.stack { return true }
        return stack.overlaps(plan.stack) && zip(steps, plan.steps).allSatisfy { $0.hasStart(of: $1) }
    }

    fileprivate func extended(to other: Range<Address>) -> CopyPlan {
        let whole = min(stack.lowerBound, other.lowerBound)..<max(stack.upperBound, other.upperBound)
        return CopyPlan(stack: whole, steps: steps) ?? self
    }
}

extension CopyPlan.Step {
    fileprivate var isPlace: Bool { if case .address = origin { true } else { false } }

    fileprivate func hasStart(of other: Self) -> Bool {
        origin == other.origin && offsets == other.offsets && start == other.start
    }

    fileprivate func includes(_ other: Self) -> Bool { hasStart(of: other) && byteCount >= other.byteCount }
}
