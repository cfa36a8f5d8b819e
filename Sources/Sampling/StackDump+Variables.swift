internal import ProcFS
package import ProfileModel
internal import SystemSupport
internal import WorkerControl

extension StackDump {
    /// What was read of the variables of the functions in a thread's stack.
    package enum ThreadVariables: Sendable {
        /// Of the functions of the thread's stack, which was copied anew, by the positions of their frames; whether parts of values that anything can change may
        /// have changed meanwhile.
        case read([Int: FrameVariables], mayMixTimes: Bool)
        case lost(VariableLoss)
    }

    /// Why there are no variables.
    package enum VariableLoss: String, Sendable, CaseIterable {
        /// The thread went on each time while they were read.
        case changed
        /// Reading them took longer than a thread may be stopped.
        case timeout
        /// So much was read of other threads that this one was not read.
        case limit
        /// The kernel doesn't count how often threads run, so that nothing shows that one did not.
        case notCounted = "not_counted"
        case failed
    }

    /// How long a running thread is stopped at most for its variables, in nanoseconds.
    package static let variableStopLimit: UInt64 = 10_000_000
    /// Before that the worker stops reading, so that what it has read is of the stop.
    private static let replyTime: UInt64 = 2_000_000
    /// How long the variables of a sleeping thread are read, in nanoseconds.
    private static let sleepingTime: UInt64 = 100_000_000
    private static let variableAttempts = 5
    /// So often a running thread is stopped for the whole of that time.
    private static let longStops = 3
    /// Objects that are read of one thread.
    private static let objectsOfThread: UInt32 = 20_000
    /// So often it is checked whether any thread has run.
    private static let checks = 64

    /// A thread whose variables are read.
    private struct Reading {
        let stack: UnwoundStack
        let wasStopped: Bool
        let variables: [Int: FrameVariables]
        /// Whether the thread was where no object is half changed: in a system call.
        let isAtRest: Bool
    }

    private enum Attempt {
        case read(Reading)
        case failed(VariableLoss, isFinal: Bool)
    }

    /// Reads the variables of functions, each thread's together with another copy of its stack, which replaces the one that
    /// there is.
    ///
    /// A running thread is stopped meanwhile; a sleeping one has to be in the same sleep afterwards. Then its variables refer to
    /// the objects that they referred to when the stack was copied, and what these are can't change: numbers, texts, tuples,
    /// types. What lists, dictionaries, sets and cells contain is certain only if no thread of the process has run meanwhile.
    func readVariables(
        of entries: ArraySlice<ThreadTracker.Entry>, _ reads: inout [ThreadRead], redacting names: [String]
    ) {
        let places = reads.indices.filter { reads[$0].result.hasInterpretedFunctions }
        var before = places.isEmpty ? nil : tracker.timeslicesOfSleepers()
        for group in places.chunked(by: max(1, tracker.ordered.count / Self.checks)) {
            for index in group { readVariables(of: entries[entries.startIndex + index], &reads[index], names) }
            let after = tracker.timeslicesOfSleepers()
            if before == nil || before != after {
                for index in group { reads[index].variables = reads[index].variables?.mixingTimes }
            }
            before = after
        }
    }

    private func readVariables(of entry: ThreadTracker.Entry, _ read: inout ThreadRead, _ names: [String]) {
        var loss = VariableLoss.changed
        var timeouts = 0
        for _ in 0..<Self.variableAttempts {
            guard variableBudget.objects > 0, variableBudget.bytes > 0 else {
                read.variables = .lost(.limit)
                return
            }
            switch attemptVariables(of: entry, read.result, names) {
            case .read(let reading):
                variableBudget.charge(reading.variables)
                read.result = .stack(reading.stack.stack, wasStopped: reading.wasStopped)
                read.state = reading.wasStopped ? .running : entry.state
                read.variables = .read(reading.variables, mayMixTimes: !reading.isAtRest)
                return
            case .failed(let failure, let isFinal):
                loss = failure
                timeouts += failure == .timeout ? 1 : 0
                if isFinal || timeouts == Self.longStops {
                    read.variables = .lost(loss)
                    return
                }
            }
        }
        read.variables = .lost(loss)
    }

    private func attemptVariables(of entry: ThreadTracker.Entry, _ result: Result, _ names: [String]) -> Attempt {
        switch tracker.activity(of: entry) {
        case .running: stoppedVariables(of: entry, names)
        case .asleep where isStoppedInItsCode(entry): stoppedVariables(of: entry, names)
        case .asleep(nil): .failed(.notCounted, isFinal: true)
        case .asleep(let timeslices?): sleepingVariables(of: entry, timeslices, names)
        case .ended, .unreadable: .failed(.changed, isFinal: true)
        }
    }

    private func sleepingVariables(of entry: ThreadTracker.Entry, _ timeslices: UInt64, _ names: [String]) -> Attempt {
        let start = MonotonicTime.now
        guard let snapshot = try? sleeping.snapshot(of: entry, in: context, timeslices: timeslices) else {
            return .failed(.changed, isFinal: false)
        }
        let call = sleeping.latestCall
        guard let read = variables(in: snapshot, start, names, within: Self.sleepingTime) else {
            return .failed(.failed, isFinal: true)
        }
        guard case .asleep(timeslices) = tracker.activity(of: entry), !hasNewPlan(read.stack, of: entry) else {
            return .failed(.changed, isFinal: false)
        }
        systemCalls[entry.id] = call
        note(read.stack.interpreterThread, of: entry.id)
        return .read(
            Reading(stack: read.stack, wasStopped: false, variables: read.variables, isAtRest: call != nil))
    }

    private func stoppedVariables(of entry: ThreadTracker.Entry, _ names: [String]) -> Attempt {
        let stop = try? LongStop(
            of: entry.id, in: context, copier: copier, timeout: timeout, limit: Self.variableStopLimit)
        guard let stop, let copy = stop.copy() else { return .failed(.changed, isFinal: false) }
        // The number may be another process's thread by now.
        let hasEnded = entry.hasEnded(using: &buffer)
        let read =
            hasEnded
            ? nil
            : variables(in: copy.snapshot, copy.time, names, within: Self.variableStopLimit - Self.replyTime) {
                stop.end()
            }
        // Where the worker failed.
        stop.end()
        guard let read else { return .failed(hasEnded ? .changed : .failed, isFinal: true) }
        guard stop.wasStopped, !read.variables.values.allSatisfy(\.isTimeout) else {
            return .failed(.timeout, isFinal: false)
        }
        guard !hasNewPlan(read.stack, of: entry) else { return .failed(.changed, isFinal: false) }
        systemCalls[entry.id] = nil
        note(read.stack.interpreterThread, of: entry.id)
        return .read(Reading(stack: read.stack, wasStopped: true, variables: read.variables, isAtRest: false))
    }

    private func variables(
        in snapshot: StackSnapshot, _ time: MonotonicTime, _ names: [String], within nanoseconds: UInt64,
        hasRead: @Sendable () -> Void = {}
    ) -> (stack: UnwoundStack, variables: [Int: FrameVariables])? {
        let request = UnwindRequest(process: key, snapshot: snapshot, map: context.map, takenAt: time)
        let reading = VariableReading(
            redactedNames: names, objectLimit: UInt32(min(Int(Self.objectsOfThread), variableBudget.objects)),
            deadline: time.advanced(by: nanoseconds).nanoseconds)
        return worker.variables(in: request, reading, hasRead: hasRead)
    }

    /// Whether more of the thread is to be copied than was.
    private func hasNewPlan(_ stack: UnwoundStack, of entry: ThreadTracker.Entry) -> Bool {
        let isPlanned = stack.plan.map { context.add($0, of: entry.id, seenAt: .now) } ?? false
        let isInterpreterPlanned = stack.interpreterPlan.map { context.use($0, of: entry.id, seenAt: .now) } ?? false
        return isPlanned || isInterpreterPlanned
    }
}

/// What may still be read of the variables of a process.
struct VariableBudget {
    /// Variables, of which each is an object at least.
    private(set) var objects = 1_000_000
    /// Of names and values.
    private(set) var bytes = 32 << 20

    mutating func charge(_ frames: [Int: FrameVariables]) {
        for variable in frames.values.lazy.flatMap(\.variables) {
            objects -= 1
            bytes -= variable.name.utf8.count + variable.value.utf8.count
        }
    }
}

extension FrameVariables {
    fileprivate var isTimeout: Bool { variables.isEmpty && loss == .timeout }
}

extension StackDump.ThreadVariables {
    fileprivate var mixingTimes: Self {
        if case .read(let frames, _) = self { .read(frames, mayMixTimes: true) } else { self }
    }
}

extension StackDump.Result {
    fileprivate var hasInterpretedFunctions: Bool {
        guard case .stack(let stack, _) = self else { return false }
        return stack.frames.contains { if case .interpreted = $0.location { true } else { false } }
    }
}
