package import ProcFS
package import ProfileModel
internal import SystemSupport
package import TargetProcess
package import WorkerControl
internal import WorkerProtocol

/// The stacks of all threads of one process, each seen once.
///
/// Belongs to the thread that makes it. Running threads are stopped by ptrace(2).
package final class StackDump {
    /// One thread, and what it was doing.
    package struct ThreadStack: Sendable {
        package let thread: ThreadIdentity
        package let state: ThreadState?
        /// What a sleeping thread waits in; `nil` where that is no system call, or not known.
        package let systemCall: SystemCall?
        /// The CPU time that it has used, in nanoseconds; `nil` where this kernel doesn't count it.
        package let cpuNanoseconds: UInt64?
        /// What it has to do with its interpreter's lock; `nil` where that isn't known, or there is none.
        package let lock: InterpreterLock?
        package let result: Result
        /// `nil` where they were not asked for, or its stack has no interpreted function.
        package let variables: ThreadVariables?
    }

    package enum Result: Sendable {
        case stack(RawStack, wasStopped: Bool)
        case lost(SampleLedger.Loss)
    }

    /// What is known of a thread.
    struct ThreadRead {
        var result: Result
        var state: ThreadState?
        var variables: ThreadVariables?
    }

    /// What was copied of a thread.
    private enum Copy {
        case snapshot(StackSnapshot, wasStopped: Bool, at: MonotonicTime)
        case lost(SampleLedger.Loss)
    }

    /// How long a running thread may take to get to a CPU, in nanoseconds.
    package static let longestWait: UInt64 = 1_000_000_000
    /// How often each thread is read that wakes up or falls asleep meanwhile.
    private static let attempts = 5
    /// How long it is read again beyond that, in nanoseconds, and how long all of them are.
    private static let retryTime: UInt64 = 500_000_000
    private static let totalRetryTime: UInt64 = 2_000_000_000

    let context: ProcessContext
    let worker: StackWorker
    let key: ProcessKey
    let tracker: ThreadTracker
    let copier: StackCopier
    private let running: RunningStackReader<LiveThreads>
    var sleeping: SleepingStackReader
    private let interruptsSleeping: Bool
    let timeout: UInt64
    private var processName = ""
    var buffer: [UInt8] = []
    /// What is left of the time in which threads are read again.
    private var retryTimeLeft = totalRetryTime
    /// Threads to read again, of which more can be copied than was.
    private var newPlans: Set<ThreadID> = []
    /// How often a thread's stack was copied without its interpreter's frames.
    private var lackingInterpreter: [ThreadID: Int] = [:]
    var systemCalls: [ThreadID: SystemCall] = [:]
    private var threadNames = InterpreterThreadNames()
    private var locks: [ThreadID: InterpreterLock] = [:]
    var variableBudget = VariableBudget()

    /// - Parameters:
    ///   - interruptsSleeping: whether a sleeping thread whose stack can't be followed without all its registers may be
    ///     stopped once.
    ///   - readsRuntimes: whether the frames of runtimes' functions, such as Python's, are read.
    ///   - timeout: how long a running thread may take to get to a CPU, in nanoseconds.
    package init(
        of process: ProcessID, procfs: ProcFS, worker: StackWorker, objects: TracedObjects, interruptsSleeping: Bool,
        readsRuntimes: Bool = true, timeout: UInt64 = longestWait
    ) throws(SamplingError) {
        // Few running threads' windows are larger, and a sleeping one doesn't wait while the copier grows.
        let copier = StackCopier(room: StackCopier.smallestWindow)
        self.copier = copier
        running = RunningStackReader(source: LiveThreads(), copier: copier)
        sleeping = SleepingStackReader(copier: copier)
        self.interruptsSleeping = interruptsSleeping
        self.timeout = timeout
        self.worker = worker
        do {
            let context = try ProcessContext(of: process, in: procfs)
            self.context = context
            tracker = try ThreadTracker(
                of: context.directory, countsTimeslices: procfs.kernelCountsTimeslices, allowance: .nothing)
            let reader = AddressSpaceReader(of: context.directory, objects: objects)
            context.map = try reader.readChanges(of: context.directory) ?? MemoryMap([])
            key = worker.register(readsRuntimes: readsRuntimes) { context.openMemory() }
            var perfMap = PerfMapFollower(of: key, worker: worker, objects: objects)
            perfMap.follow(context)
        } catch {
            throw .process(process, error)
        }
    }

    deinit { worker.discard(key) }

    /// The runtimes in what the process has mapped.
    package var runtimes: [RuntimeSummary] { worker.runtimes(of: key, in: context.map) }

    /// The tasks of the event loops in the process that are not done; `nil` where they could not be read.
    package func tasks() -> RuntimeTasks? { worker.tasks(of: key, in: context.map, watching: tracker) }

    /// Reads each thread once, in the order of their numbers.
    ///
    /// - Parameters:
    ///   - chosen: the threads to read, where not all are.
    ///   - redactedVariables: if interpreted functions' variables are to be read, the patterns of those whose values are not.
    package func threads(
        _ chosen: Set<ThreadID>? = nil, redactedVariables: [String]? = nil
    ) throws(SamplingError) -> [ThreadStack] {
        do { _ = try tracker.refresh() } catch { throw .process(context.process, error) }
        return tracker.ordered.filter { chosen?.contains($0.id) ?? true }
            .chunked(by: Self.threadsAtOnce).flatMap { stacks(of: $0, redactedVariables) }
    }

    /// So many windows fit into the memory that may be used for them.
    private static let threadsAtOnce = 128

    private func stacks(of entries: ArraySlice<ThreadTracker.Entry>, _ redacted: [String]?) -> [ThreadStack] {
        var copies = entries.map(copy)
        var results = unwind(copies)
        let again = results.indices.filter { index in
            let state = entries[entries.startIndex + index].state
            return interruptsSleeping && (state == .sleeping || state == .stopped) && results[index].lacksRegisters
        }
        for index in again {
            let copy = stopped(entries[entries.startIndex + index])
            // A thread that doesn't stop, as in a frozen control group, keeps the stack that it has.
            if case .snapshot = copy { copies[index] = copy }
        }
        for (index, result) in zip(again, unwind(again.map { copies[$0] })) { results[index] = result }
        readDeepStacks(of: entries, &results)
        readOtherStacks(of: entries, &results)
        var reads = zip(entries, results).map { ThreadRead(result: $1, state: $0.state) }
        if let redacted { readVariables(of: entries, &reads, redacting: redacted) }
        return zip(entries, reads).map { entry, read in
            ThreadStack(
                thread: threadNames.naming(identity(of: entry)), state: read.state, systemCall: systemCalls[entry.id],
                cpuNanoseconds: entry.runtime.map { UInt64(max(0, $0)) }, lock: locks[entry.id], result: read.result,
                variables: read.variables)
        }
    }

    /// How often the smallest window is doubled until it is the largest.
    private static let widenings = (StackCopier.largestWindow / StackCopier.smallestWindow).trailingZeroBitCount

    /// Stops those threads again of whose stacks too little was copied, if no plan says what else to copy.
    private func readDeepStacks(of entries: ArraySlice<ThreadTracker.Entry>, _ results: inout [Result]) {
        for _ in 0..<Self.widenings {
            let deep = results.indices.filter {
                results[$0].isDeeperThanCopied && !newPlans.contains(entries[entries.startIndex + $0].id)
            }
            guard !deep.isEmpty else { return }
            let again = deep.map { index in
                let entry = entries[entries.startIndex + index]
                context.widenStackWindow(of: entry.id)
                return stopped(entry)
            }
            for (index, result) in zip(deep, unwind(again)) where !result.isLost { results[index] = result }
        }
    }

    /// A stack can go on on another one, and that on a third, of each of which more and more is copied.
    private static let planRounds = CopyPlan.stepLimit + widenings

    /// Reads those threads again whose stacks go on where a plan was made to copy.
    private func readOtherStacks(of entries: ArraySlice<ThreadTracker.Entry>, _ results: inout [Result]) {
        for _ in 0..<Self.planRounds {
            let planned = results.indices.filter { newPlans.contains(entries[entries.startIndex + $0].id) }
            newPlans = []
            if planned.isEmpty { return }
            let again = planned.map { index in
                let entry = entries[entries.startIndex + index]
                return results[index].wasStopped ? stopped(entry) : copy(of: entry)
            }
            for (index, result) in zip(planned, unwind(again)) where !result.isLost { results[index] = result }
        }
    }

    private func unwind(_ copies: [Copy]) -> [Result] {
        var requests: [UnwindRequest] = []
        for case .snapshot(let snapshot, _, let time) in copies where snapshot.kernelStackAlone == nil {
            requests.append(UnwindRequest(process: key, snapshot: snapshot, map: context.map, takenAt: time))
        }
        var outcomes = (requests.isEmpty ? [] : worker.unwind(requests)).makeIterator()
        return copies.map { copy in
            switch copy {
            case .lost(let loss): return .lost(loss)
            case .snapshot(let snapshot, let wasStopped, _):
                if let stack = snapshot.kernelStackAlone { return .stack(stack, wasStopped: false) }
                switch outcomes.next() {
                case .stack(let unwound):
                    if let plan = unwound.plan, context.add(plan, of: snapshot.thread, seenAt: .now) {
                        newPlans.insert(snapshot.thread)
                    }
                    note(unwound.interpreterThread, of: snapshot.thread)
                    if let plan = unwound.interpreterPlan, context.use(plan, of: snapshot.thread, seenAt: .now) {
                        newPlans.insert(snapshot.thread)
                    }
                    if unwound.interpreted == .unknown(.notCopied) { readAgain(snapshot.thread) }
                    return .stack(unwound.stack, wasStopped: wasStopped)
                case .lost(let failure): return .lost(SampleLedger.Loss(failure))
                case nil: return .lost(.failed)
                }
            }
        }
    }

    private static let interpreterAttempts = 10

    /// Has a thread read again, a limited number of times, that was in another function when the worker read where its
    /// interpreter's frames are than when its stack was copied.
    private func readAgain(_ thread: ThreadID) {
        let count = lackingInterpreter[thread, default: 0] + 1
        lackingInterpreter[thread] = count
        if count < Self.interpreterAttempts { newPlans.insert(thread) }
    }

    func note(_ thread: InterpreterThread?, of id: ThreadID) {
        if let name = thread?.name { threadNames.name(id, name) }
        locks[id] = thread?.lock
    }

    /// Reads a thread until one attempt finds it asleep all the while, or on a CPU, where it can be stopped.
    private func copy(of entry: ThreadTracker.Entry) -> Copy {
        for _ in 1..<Self.attempts {
            let copy = attempt(entry)
            guard case .lost(.moved) = copy else { return copy }
        }
        let start = MonotonicTime.now
        let limit = min(Self.retryTime, retryTimeLeft)
        defer { retryTimeLeft -= min(retryTimeLeft, MonotonicTime.now.since(start)) }
        while true {
            let copy = attempt(entry)
            guard case .lost(.moved) = copy, MonotonicTime.now.since(start) < limit else { return copy }
        }
    }

    private func attempt(_ entry: ThreadTracker.Entry) -> Copy {
        let activity = tracker.activity(of: entry)
        systemCalls[entry.id] = nil
        if entry.id.rawValue == context.process.rawValue {
            processName = context.directory.title(command: entry.name)
        }
        switch activity {
        case .running where entry.isKernelWorker:
            return .snapshot(
                StackSnapshot(ofKernelWorker: entry.id, in: context.process), wasStopped: false, at: .now)
        case .running: return stopped(entry)
        case .ended: return .lost(.ended)
        case .asleep where isStoppedInItsCode(entry): return stopped(entry)
        case .unreadable(let loss): return .lost(loss)
        case .asleep(let timeslices):
            let start = MonotonicTime.now
            do {
                let snapshot = try sleeping.snapshot(of: entry, in: context, timeslices: timeslices)
                systemCalls[entry.id] = sleeping.latestCall
                return .snapshot(snapshot, wasStopped: false, at: start)
            } catch {
                return .lost(SampleLedger.Loss(error))
            }
        }
    }

    /// Whether a signal has stopped the thread outside a system call.
    ///
    /// Only two of its registers are shown then, and its code expects values in any of them. It doesn't notice a stop.
    func isStoppedInItsCode(_ entry: ThreadTracker.Entry) -> Bool {
        guard entry.state == .stopped, case .blocked? = try? entry.systemCall(using: &buffer) else { return false }
        return true
    }

    /// Stops a thread from a thread that ends: what has not stopped by then is let go by the kernel (ptrace(2)), and
    /// doesn't stop when it gets to a CPU later.
    private func stopped(_ entry: ThreadTracker.Entry) -> Copy {
        let candidate = SampleCandidate(
            context: context, entry: entry, thread: identity(of: entry), presence: .any, mayWait: false)
        // Safe: this thread only waits meanwhile.
        nonisolated(unsafe) let (reader, sampled) = (running, candidate)
        let thread = try? OwnedThread(name: "sonde-stops") { [timeout] in
            unsafe reader.sample(sampled)
            unsafe reader.collect(within: timeout)
            unsafe reader.giveUp()
        }
        guard let thread else { return .lost(.failed) }
        thread.join()
        guard case .snapshot(let snapshot, let time) = running.takeEvents().last?.sample else {
            return .lost(running.takeLedger().losses.counts.keys.first ?? .moved)
        }
        return .snapshot(snapshot, wasStopped: true, at: time)
    }

    private func identity(of entry: ThreadTracker.Entry) -> ThreadIdentity {
        ThreadIdentity(process: context.process, thread: entry.id, name: entry.name, processName: processName)
    }
}

extension StackDump.Result {
    fileprivate var wasStopped: Bool {
        if case .stack(_, wasStopped: true) = self { true } else { false }
    }

    fileprivate var isLost: Bool {
        if case .lost = self { true } else { false }
    }

    fileprivate var isDeeperThanCopied: Bool {
        if case .stack(let stack, wasStopped: true) = self, case .truncated(.beyondCopiedStack) = stack.ending {
            true
        } else {
            false
        }
    }

    fileprivate var lacksRegisters: Bool {
        if case .stack(let stack, wasStopped: false) = self, case .truncated(.unknownRegister) = stack.ending {
            true
        } else {
            false
        }
    }
}

extension Array {
    func chunked(by size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
