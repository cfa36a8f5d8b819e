internal import CLinux
internal import Glibc
internal import ProcFS
internal import ProfileModel
internal import Synchronization
internal import SystemSupport
internal import TargetProcess

/// What the sampler's thread and the collector's thread share of one process.
final class ProcessContext: Sendable {
    let process: ProcessID
    let directory: ProcessDirectory
    let memory: TargetMemory
    /// A target that it descends from: where the files of its code are sought when it has ended.
    ///
    /// Its tracked process has taken over what it needs of it when the parent is evicted.
    weak let parent: ProcessContext?
    /// When it was forked from its parent, with whose code it begins, if that was seen.
    let forkTime: MonotonicTime?
    /// Whether it had ended when Sonde came to it; `directory` is its parent's then.
    let hasVanished: Bool
    private let state = Mutex(State())

    private struct State {
        var map = MemoryMap([])
        /// How much is copied of those stacks that were found to be deeper than the smallest window.
        var windows: [ThreadID: Int] = [:]
        var copyPlans = CopyPlans()
        var hasDeepStack = false
        var isWatched = false
        var isCollected = true
        var incompleteSleeps: [ThreadID: MonotonicTime] = [:]
    }

    init(
        of process: ProcessID, in procfs: ProcFS, parent: ProcessContext? = nil, forkTime: MonotonicTime? = nil
    ) throws(ProcFSError) {
        self.process = process
        self.parent = parent
        self.forkTime = forkTime
        hasVanished = false
        directory = try procfs.process(process)
        memory = TargetMemory(of: process)
    }

    /// A process that is gone already.
    init(
        vanished process: ProcessID, forkedFrom fork: (parent: ProcessContext, time: MonotonicTime), in procfs: ProcFS
    ) throws(ProcFSError) {
        self.process = process
        (parent, forkTime) = (fork.parent, fork.time)
        hasVanished = true
        directory = try procfs.process(fork.parent.directory.process)
        memory = TargetMemory(of: process)
    }

    /// Opens the process's memory for reading; only the worker reads it.
    func openMemory() -> OwnedDescriptor? { hasVanished ? nil : try? directory.open("mem", flags: O_RDONLY) }

    /// The address space as last read.
    var map: MemoryMap {
        get { state.withLock { $0.map } }
        set { state.withLock { $0.map = newValue } }
    }

    /// How much of a running thread's stack is copied at most, and where the mapping that holds it ends.
    func stackExtent(of thread: ThreadID, at stackPointer: Address) -> (limit: Int, top: Address?) {
        state.withLock { state in
            (
                state.windows[thread] ?? StackCopier.smallestWindow,
                state.map.range(containing: stackPointer)?.end
            )
        }
    }

    /// How much is copied of the deepest stack.
    var widestWindow: Int { state.withLock { $0.windows.values.max() ?? StackCopier.smallestWindow } }

    private static let windowLimit = 4096

    /// Copies twice as much of a thread's stack from now on; returns whether that is more.
    @discardableResult
    func widenStackWindow(of thread: ThreadID) -> Bool {
        state.withLock { state in
            // Those of threads that have ended; the others are found to be deep again.
            if state.windows.count >= Self.windowLimit { state.windows.removeAll() }
            let window = state.windows[thread] ?? StackCopier.smallestWindow
            state.windows[thread] = min(window * 2, StackCopier.largestWindow)
            return window < StackCopier.largestWindow
        }
    }

    /// Has more copied of a thread from now on, as its stack of a time showed; returns whether the plan is new.
    func add(_ plan: CopyPlan, of thread: ThreadID, seenAt time: MonotonicTime) -> Bool {
        state.withLock { $0.copyPlans.add(plan, of: thread, seenAt: time) }
    }

    /// Gives out those threads for which there are new plans since the last call, and when their stacks were read.
    func takePlannedSleeps() -> [ThreadID: MonotonicTime] { state.withLock { $0.copyPlans.takeSleeps() } }

    /// Gives out the new plans since the last call, all of each thread.
    func takePlans() -> [ThreadID: ThreadPlans] { state.withLock { $0.copyPlans.takeChanged() } }

    /// Has this copied of a thread's interpreter from now on, as its stack of a time showed; returns whether that is new.
    func use(_ plan: InterpreterPlan, of thread: ThreadID, seenAt time: MonotonicTime) -> Bool {
        state.withLock { $0.copyPlans.use(plan, of: thread, seenAt: time) }
    }

    /// Has this copied of the interpreter of threads that have no plan.
    func share(_ plan: InterpreterPlan) { state.withLock { $0.copyPlans.share(plan) } }

    /// The plan of threads that have none of their own, if it is new since the last call.
    func takeSharedPlan() -> InterpreterPlan? { state.withLock { $0.copyPlans.takeSharedPlan() } }

    /// Has room made for what may be copied of a thread besides its stack.
    func makeRoom(forCopiesOf thread: ThreadID, in copier: StackCopier) {
        let plans = state.withLock { $0.copyPlans.plans(of: thread) }
        if !plans.isEmpty { copier.makeRoom(for: plans) }
    }

    /// Copies the thread's stack, and where it goes on by plans.
    ///
    /// - Parameter limit: of the stack; `nil` for what the thread's stacks have taken so far.
    func copyStack(
        of thread: ThreadID, _ registers: NativeRegisters, limit: Int?, from memory: some StackMemory,
        using copier: StackCopier
    ) {
        guard let stackPointer = registers.stackPointer else { return }
        let extent = stackExtent(of: thread, at: stackPointer)
        copier.copy(from: stackPointer, of: memory, top: extent.top, limit: limit ?? extent.limit)
        let plans = state.withLock { $0.copyPlans.plans(of: thread, at: stackPointer) }
        if plans.isEmpty { return }
        copier.copy(by: plans, registers, of: memory) { stackExtent(of: thread, at: $0).top }
    }

    /// Whether changes of its code are reported with their times, so that a stack is to wait for them.
    var isWatched: Bool {
        get { state.withLock { $0.isWatched } }
        set { state.withLock { $0.isWatched = newValue } }
    }

    /// Whether samples of it may still come.
    var isCollected: Bool {
        get { state.withLock { $0.isCollected } }
        set { state.withLock { $0.isCollected = newValue } }
    }

    /// More are left truncated.
    private static let incompleteSleepLimit = 4096

    /// Notes a sleeping thread whose stack, as it was read at that time, can't be followed without all registers.
    func noteIncompleteSleep(of thread: ThreadID, readAt time: MonotonicTime) {
        state.withLock { state in
            guard state.incompleteSleeps.count < Self.incompleteSleepLimit else { return }
            state.incompleteSleeps[thread] = time
        }
    }

    /// Gives out those that were noted since the last call.
    func takeIncompleteSleeps() -> [ThreadID: MonotonicTime] {
        state.withLock { state in
            defer { state.incompleteSleeps = [:] }
            return state.incompleteSleeps
        }
    }

    /// Notes that a stack went on above what was copied of it in passing.
    func noteDeepStack() { state.withLock { $0.hasDeepStack = true } }

    /// Whether that was noted since the last call.
    func takeDeepStackNote() -> Bool {
        state.withLock { state in
            defer { state.hasDeepStack = false }
            return state.hasDeepStack
        }
    }

    /// How many threads the process has now; 0 when it has ended.
    var threadCount: Int {
        hasVanished ? 0 : Int(clamping: (try? directory.stat())?.threadCount ?? 0)
    }

    /// Whether nothing is left of the process but what its parent has to take note of.
    var hasEnded: Bool {
        if hasVanished { return true }
        do throws(ProcFSError) {
            let stat = try directory.stat()
            return (stat.state == .zombie || stat.state == .dead) && stat.threadCount <= 1
        } catch .vanished {
            return true
        } catch {
            // Without a descriptor to read more by, this much is known.
            return !directory.exists || clinux_is_ended_child(process.rawValue) != 0
        }
    }
}
