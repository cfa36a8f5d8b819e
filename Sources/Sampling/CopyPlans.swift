internal import ProfileModel
internal import SystemSupport

/// What to copy of the threads of one process besides their stacks, as the worker has planned it.
struct CopyPlans {
    /// A thread's newest plans are kept.
    private static let limitOfThread = 4
    /// Plans of so many threads; when there are more, all are made anew.
    private static let threadLimit = 4096

    private var plans: [ThreadID: [CopyPlan]] = [:]
    /// When the stacks were read that showed new plans.
    private var sleeps: [ThreadID: MonotonicTime] = [:]
    private var changed: Set<ThreadID> = []

    /// Returns whether the plan is new.
    mutating func add(_ plan: CopyPlan, of thread: ThreadID, seenAt time: MonotonicTime) -> Bool {
        var known = plans[thread] ?? []
        guard !known.contains(plan) else { return false }
        known.removeAll { $0.stack == plan.stack }
        if plans[thread] == nil, plans.count >= Self.threadLimit { self = CopyPlans() }
        plans[thread] = [plan] + known.prefix(Self.limitOfThread - 1)
        sleeps[thread] = time
        changed.insert(thread)
        return true
    }

    mutating func takeSleeps() -> [ThreadID: MonotonicTime] {
        defer { sleeps = [:] }
        return sleeps
    }

    mutating func takeChanged() -> [ThreadID: [CopyPlan]] {
        guard !changed.isEmpty else { return [:] }
        defer { changed = [] }
        return plans.filter { changed.contains($0.key) }
    }

    /// Those that apply to a stack pointer.
    func plans(of thread: ThreadID, at stackPointer: Address) -> [CopyPlan] {
        guard let known = plans[thread] else { return [] }
        return known.filter { $0.stack.contains(stackPointer) }
    }
}
