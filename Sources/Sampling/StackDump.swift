package import ObjectFiles
package import ProcFS
package import ProfileModel
internal import TargetProcess
internal import Unwinding

/// The stacks of all threads of one process, at one look each.
///
/// Belongs to the thread that makes it: running threads are stopped by ptrace(2).
package final class StackDump {
    /// One thread, and what it was doing.
    package struct ThreadStack: Sendable {
        package let thread: ThreadIdentity
        package let state: ThreadState?
        package let sight: Sight
    }

    package enum Sight: Sendable {
        case stack(RawStack, wasStopped: Bool)
        case lost(SamplingStatistics.Loss)
    }

    /// How long a running thread may take to get to a CPU, in nanoseconds.
    private static let patience: UInt64 = 1_000_000_000
    private static let attempts = 5

    private let context: ProcessContext
    private let unwinder: Unwinder
    private let tracker: ThreadTracker
    private let running: RunningStackReader
    private var sleeping: SleepingStackReader
    private let interruptsSleeping: Bool
    private var processName = ""

    /// - Parameter interruptsSleeping: whether a sleeping thread whose stack can't be followed without all its
    ///   registers may be stopped once.
    package init(
        of process: ProcessID, procfs: ProcFS, store: ObjectFileStore, frameLimit: Int, interruptsSleeping: Bool
    ) throws(SamplingError) {
        // No running thread's window is larger, and a sleeping one doesn't wait while the copier grows.
        let copier = StackCopier(room: StackCopier.smallestWindow)
        running = RunningStackReader(copier: copier)
        sleeping = SleepingStackReader(copier: copier)
        self.interruptsSleeping = interruptsSleeping
        do {
            context = try ProcessContext(of: process, in: procfs)
            tracker = try ThreadTracker(
                of: context.directory, countsTimeslices: procfs.kernelCountsTimeslices)
            let reader = AddressSpaceReader(of: context.directory, store: store)
            context.map = try reader.readChanges(of: context.directory) ?? AddressSpaceMap([])
        } catch {
            throw .process(process, error)
        }
        do {
            unwinder = try Unwinder(
                addressSpace: context.map, tables: UnwindTableCache(), frameLimit: frameLimit)
        } catch {
            throw .outOfMemory
        }
    }

    /// Looks at each thread once, in the order of their numbers.
    package func threads() throws(SamplingError) -> [ThreadStack] {
        do { _ = try tracker.refresh(in: context.directory) } catch { throw .process(context.process, error) }
        return tracker.ordered.map(look)
    }

    private func look(at entry: ThreadTracker.Entry) -> ThreadStack {
        var sight = Sight.lost(.moved)
        for _ in 0..<Self.attempts {
            sight = attempt(entry)
            guard case .lost(.moved) = sight else { break }
        }
        return ThreadStack(thread: sampled(entry), state: entry.state, sight: sight)
    }

    private func attempt(_ entry: ThreadTracker.Entry) -> Sight {
        let activity = tracker.activity(of: entry)
        if entry.id.rawValue == context.process.rawValue { processName = entry.name }
        switch activity {
        case .running: return stopped(entry)
        case .ended: return .lost(.ended)
        case .asleep(let timeslices): return asleep(entry, timeslices)
        }
    }

    private func asleep(_ entry: ThreadTracker.Entry, _ timeslices: UInt64?) -> Sight {
        do {
            let snapshot = try sleeping.snapshot(of: entry, in: context, timeslices: timeslices)
            let stack = unwinder.unwind(snapshot, generatedCode: context.memory)
            if case .truncated(.unknownRegister) = stack.ending, interruptsSleeping { return stopped(entry) }
            return .stack(stack, wasStopped: false)
        } catch {
            return .lost(SamplingStatistics.Loss(error))
        }
    }

    private func stopped(_ entry: ThreadTracker.Entry) -> Sight {
        running.sample(
            RunningStackReader.Candidate(
                context: context, entry: entry, thread: sampled(entry), presence: .any, mayWait: false))
        running.collect(within: Self.patience)
        guard case .snapshot(let snapshot, _) = running.takeObservations().last?.sight else {
            return .lost(running.takeLosses().keys.first ?? .moved)
        }
        return .stack(unwinder.unwind(snapshot, generatedCode: context.memory), wasStopped: true)
    }

    private func sampled(_ entry: ThreadTracker.Entry) -> ThreadIdentity {
        ThreadIdentity(process: context.process, thread: entry.id, name: entry.name, processName: processName)
    }
}
