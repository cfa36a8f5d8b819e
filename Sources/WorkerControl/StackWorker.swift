package import ProfileModel
internal import Synchronization
package import SystemSupport
package import TargetProcess
package import WorkerProtocol

/// What unwinds stacks and names functions, without privileges, for a tracer that reads nothing of what targets wrote.
///
/// A worker that ends or exceeds a deadline is replaced at once. What it was at is lost, counted, and not tried again.
package final class StackWorker: Sendable {
    private let session: Mutex<WorkerSession>

    /// A worker that is yet to be started.
    ///
    /// - Parameters:
    ///   - frameLimit: the number of frames after which a stack is truncated.
    ///   - requiresConfinement: whether a worker that kept some rights is refused.
    ///   - downloader: asked, while functions are named, for debug files that no directory has.
    package init(
        _ launcher: any WorkerLauncher, objects: TracedObjects, frameLimit: Int, requiresConfinement: Bool = true,
        downloader: (any DebugFileDownloader)? = nil
    ) {
        session = Mutex(
            WorkerSession(
                launcher: launcher, objects: objects, frameLimit: frameLimit, requiresConfinement: requiresConfinement,
                downloader: downloader))
    }

    /// Starts the first worker, and waits until it has restricted itself; before that, everything is lost.
    package func start() throws(WorkerLaunchError) {
        let result = session.withLock { session in
            Result { () throws(WorkerLaunchError) in try session.start() }
        }
        try result.get()
    }

    /// What the present worker may still do.
    package var state: WorkerState? { session.withLock { $0.state } }

    /// The number of the present worker's process.
    package var processID: Int32? { session.withLock { $0.processID } }

    /// What was lost so far.
    package var losses: WorkerLosses { session.withLock { $0.countLosses() } }

    /// Makes a process known.
    ///
    /// - Parameters:
    ///   - readsRuntimes: whether the frames of interpreters are read; otherwise they are native code like any other.
    ///   - openMemory: opens its `/proc/PID/mem` for reading.
    package func register(
        readsRuntimes: Bool = true, openMemory: @escaping @Sendable () -> OwnedDescriptor?
    ) -> ProcessKey {
        session.withLock { $0.register(readsRuntimes: readsRuntimes, openMemory) }
    }

    /// The process executes another program: its memory is to be opened anew.
    package func reopenMemory(of process: ProcessKey) { session.withLock { $0.reopenMemory(of: process) } }

    /// Names generated code of a process by a perf map, in stacks taken since a time.
    package func usePerfMap(_ map: ObjectID, of process: ProcessKey, since time: MonotonicTime) {
        session.withLock { $0.usePerfMap(map, of: process, since: time) }
    }

    package func discard(_ process: ProcessKey) { session.withLock { $0.discard(process) } }

    /// Ends an interval of a recording: closes the object files that nothing uses, and makes the budget for reading them
    /// available anew.
    package func evictObjects(keeping used: Set<ObjectID>) { session.withLock { $0.evictObjects(keeping: used) } }

    /// What an object file is; `nil` where it can't be read.
    package func summary(of object: ObjectID) -> ObjectSummary? { session.withLock { $0.summary(of: object) } }

    /// The runtimes in what a process has mapped.
    package func runtimes(of process: ProcessKey, in map: MemoryMap) -> [RuntimeSummary] {
        session.withLock { $0.runtimes(of: process, in: map)?.summaries ?? [] }
    }

    /// What to copy of the interpreter of threads that have no plan of their own; `nil` where there is no interpreter.
    package func sharedInterpreterPlan(of process: ProcessKey, in map: MemoryMap) -> InterpreterPlan? {
        session.withLock { $0.runtimes(of: process, in: map)?.sharedPlan }
    }

    /// The tasks of the event loops in a process; `nil` where the worker failed to read them.
    package func tasks(of process: ProcessKey, in map: MemoryMap) -> RuntimeTasks? {
        session.withLock { $0.tasks(of: process, in: map) }
    }

    /// What the scans of a process's heap by one worker have found so far; `nil` where the worker failed, after which another one
    /// begins anew.
    ///
    /// - Parameter pages: the process's `/proc/PID/pagemap`, opened for reading.
    package func scanHeap(
        of process: ProcessKey, _ ranges: [MappedRange], _ input: HeapScanInput, pages: consuming OwnedDescriptor?,
        isCancelled: @escaping @Sendable () -> Bool
    ) -> HeapScanReply? {
        var pages = pages
        return session.withLock {
            $0.scanHeap(of: process, ranges, input, pages: pages.take(), isCancelled: isCancelled)
        }
    }

    /// What is in the blocks that no scan has reached; `nil` where the worker failed.
    package func unreachedBlocks(
        of process: ProcessKey, isCancelled: @escaping @Sendable () -> Bool
    ) -> BlockGroupList? {
        session.withLock { $0.unreachedBlocks(of: process, isCancelled: isCancelled) }
    }

    /// What is in all blocks of a process's heap that are in use; `nil` where the worker failed.
    package func readHeap(
        of process: ProcessKey, _ ranges: [MappedRange], pages: consuming OwnedDescriptor?,
        isCancelled: @escaping @Sendable () -> Bool
    ) -> HeapContentsReply? {
        var pages = pages
        return session.withLock { $0.readHeap(of: process, ranges, pages: pages.take(), isCancelled: isCancelled) }
    }

    /// The stack of a snapshot, and the variables of interpreted functions by the positions of their frames; `nil` where the
    /// worker failed to read them.
    ///
    /// - Parameter hasRead: called when the variables were read, before the stack is followed.
    package func variables(
        in request: UnwindRequest, _ reading: VariableReading, hasRead: @Sendable () -> Void
    ) -> (stack: UnwoundStack, variables: [Int: FrameVariables])? {
        session.withLock { $0.variables(in: request, reading, hasRead: hasRead) }
    }

    /// The stacks of snapshots, in the same order.
    package func unwind(_ requests: [UnwindRequest]) -> [UnwindOutcome] {
        session.withLock { $0.unwind(requests) }
    }

    /// The frames at locations in object files and generated code, leaf first, never none.
    ///
    /// - Parameter isCancelled: asked all the time; what has no name by then gets its address for one.
    package func frames(
        at locations: [CodeLocation], isCancelled: @escaping @Sendable () -> Bool = { false }
    ) -> [CodeLocation: [Frame]] {
        session.withLock { $0.frames(at: locations, isCancelled: isCancelled) }
    }
}

/// A snapshot to unwind by what its process had mapped.
package struct UnwindRequest: Sendable {
    package let process: ProcessKey
    package let snapshot: StackSnapshot
    package let map: MemoryMap
    /// Maps by which every frame must be in the same code as by `map`.
    package let others: [MemoryMap]
    /// When the stack was copied, or not long before: after the last stacks of the process were unwound.
    package let takenAt: MonotonicTime

    package init(
        process: ProcessKey, snapshot: StackSnapshot, map: MemoryMap, others: [MemoryMap] = [],
        takenAt: MonotonicTime
    ) {
        self.takenAt = takenAt
        self.process = process
        self.snapshot = snapshot
        self.map = map
        self.others = others
    }
}

package enum UnwindOutcome: Sendable {
    case stack(UnwoundStack)
    case lost(WorkerFailure)
}

/// Why a stack or a name was lost, and a worker replaced.
package enum WorkerFailure: String, Hashable, Sendable, CaseIterable {
    /// It ended: by a trap in what it read, for want of memory, or because somebody killed it.
    case crashed = "worker_crashed"
    /// It exceeded a deadline.
    case timeout = "worker_timeout"
    /// The names of a recording took more memory than they may; no worker is replaced for it.
    case budgetExhausted = "budget_exhausted"
}

/// What workers lost in a recording.
package struct WorkerLosses: Sendable, Equatable {
    package var restarts: [WorkerFailure: Int] = [:]
    /// Distinct locations whose names were not found.
    package var names: [WorkerFailure: Int] = [:]
    /// Object files that are not read any more.
    package var objects: [WorkerFailure: Int] = [:]
    /// Object files whose debug information isn't read any more: their frames have no lines and no inlined calls.
    package var debugInformation: [WorkerFailure: Int] = [:]
    /// How often a part of an object file was not read because the budget for all of them was exhausted.
    package var budgetExhausted = 0
    /// Lines of perf maps that name no code.
    package var damagedPerfMapLines = 0
    /// Where in its map, in bytes, the first of those begins; 0 where there is none.
    package var firstDamagedOffset: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { self == WorkerLosses() }

    /// What came since another count, made before.
    package func since(_ before: WorkerLosses) -> WorkerLosses {
        var new = WorkerLosses()
        new.restarts = Self.change(restarts, before.restarts)
        new.names = Self.change(names, before.names)
        new.objects = Self.change(objects, before.objects)
        new.debugInformation = Self.change(debugInformation, before.debugInformation)
        new.budgetExhausted = Self.change(budgetExhausted, before.budgetExhausted)
        new.damagedPerfMapLines = Self.change(damagedPerfMapLines, before.damagedPerfMapLines)
        new.firstDamagedOffset = new.damagedPerfMapLines > 0 ? firstDamagedOffset : 0
        return new
    }

    /// Another worker counts from the beginning.
    private static func change(_ count: Int, _ before: Int) -> Int { count >= before ? count - before : count }

    private static func change(
        _ counts: [WorkerFailure: Int], _ before: [WorkerFailure: Int]
    ) -> [WorkerFailure: Int] {
        counts.merging(before) { $0 - $1 }.filter { $0.value > 0 }
    }
}
