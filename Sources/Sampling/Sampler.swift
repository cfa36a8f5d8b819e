internal import Glibc
internal import ObjectFiles
internal import ProcFS
internal import ProfileModel
internal import Synchronization
internal import TargetProcess

/// Looks at the threads of the target processes at each tick, and hands what it saw to a queue.
///
/// Lives on one thread of its own, as ptrace(2) demands, from the first look to the last.
final class Sampler {
    private let options: SamplingOptions
    private let procfs: ProcFS
    private let queue: ObservationQueue
    private let control: SamplingControl
    private let running: RunningStackReader
    private var sleeping: SleepingStackReader
    private var targets: [Target] = []
    private var statistics = SamplingStatistics()
    private var nextFamilyLook = MonotonicTime(nanoseconds: 0)
    private let countsTimeslices: Bool
    private let stopsRunning: Bool

    /// How often descendants are looked for, and how long a stop request can go unnoticed.
    private static let familyInterval: UInt64 = 50_000_000
    private static let longestWait: UInt64 = 50_000_000
    /// How long a thread can be held whose stop was not announced: another part of the program may take the signal.
    private static let lookInterval: UInt64 = 1_000_000
    /// So many threads are read in about 50 µs, during which one that stops meanwhile stays stopped.
    private static let threadsBetweenLooks = 16

    private final class Target {
        let context: ProcessContext
        let tracker: ThreadTracker
        var name = ""

        init(_ context: ProcessContext, countsTimeslices: Bool) throws(ProcFSError) {
            self.context = context
            tracker = try ThreadTracker(of: context.directory, countsTimeslices: countsTimeslices)
        }
    }

    /// - Parameter stopsRunning: whether running threads are sampled; somebody else does it otherwise.
    init(
        options: SamplingOptions, procfs: ProcFS, contexts: [ProcessContext], queue: ObservationQueue,
        control: SamplingControl, stopsRunning: Bool = true
    ) {
        self.options = options
        self.stopsRunning = stopsRunning
        self.procfs = procfs
        self.queue = queue
        self.control = control
        let copier = StackCopier()
        running = RunningStackReader(copier: copier)
        sleeping = SleepingStackReader(copier: copier)
        countsTimeslices = procfs.kernelCountsTimeslices
        for context in contexts { add(context) }
    }

    /// Samples until it is told to stop, or all targets have ended, or somebody else takes over.
    ///
    /// - Parameter mustEnd: asked when stops take a greater share of the time, 0 to 1, than their budget; it isn't asked
    ///   again after it has refused.
    func run(whenHeldTooLong mustEnd: (Double) -> Bool) -> SamplingStatistics {
        let start = MonotonicTime.now
        var budget: HoldBudget? = HoldBudget(share: options.holdBudget, from: start)
        var schedule = TickSchedule(
            rate: Double(options.rate), from: start, generator: SplitMix64(seed: .random(in: 0...UInt64.max)))
        var load = SamplerLoad()
        while !control.mustStop, !targets.isEmpty {
            wait(until: schedule.next)
            // A sampler that is behind doesn't wait, and must not leave anyone stopped.
            running.look()
            guard !control.mustStop else { break }
            let due = schedule.next
            let arrival = schedule.arrive(at: .now)
            statistics.ticks += 1
            statistics.lateTicks += arrival.isLate ? 1 : 0
            statistics.missedTicks += arrival.missed
            tick(at: due)
            control.publish(samples: statistics.samples)
            if load.isTooHigh(at: .now) { SamplerPriority.lower() }
            if let share = budget?.excess(heldNanoseconds: running.held.totalNanoseconds, at: .now) {
                if mustEnd(share) { break }
                budget = nil
            }
        }
        running.collect(within: Self.longestWait)
        running.giveUp()
        flush()
        statistics.elapsed = MonotonicTime.now.since(start)
        statistics.held = running.held
        statistics.waitingForCPU = running.waitingForCPU
        for (loss, count) in running.takeLosses() { statistics.lose(loss, count: count) }
        return statistics
    }

    // MARK: - A tick

    /// - Parameter time: when the tick was due. What has lost its CPU since, has lost it to Sonde, or as good as.
    private func tick(at time: MonotonicTime) {
        if options.followsChildren { adoptChildren() }
        var candidates: [RunningStackReader.Candidate] = []
        var ended: [ProcessID] = []
        for target in targets {
            do {
                statistics.threads += try target.tracker.refresh(in: target.context.directory)
                if !look(at: target, time, &candidates) { ended.append(target.context.process) }
            } catch {
                ended.append(target.context.process)
            }
        }
        targets.removeAll { ended.contains($0.context.process) }
        // All states are read by now: after a stop, a thread would look idle.
        for candidate in candidates { running.sample(candidate) }
        flush()
    }

    /// Reads the states of a target's threads; returns whether it goes on.
    private func look(
        at target: Target, _ time: MonotonicTime, _ candidates: inout [RunningStackReader.Candidate]
    ) -> Bool {
        var isAlive = false
        for (index, entry) in target.tracker.ordered.enumerated() {
            if index % Self.threadsBetweenLooks == 0 { running.look() }
            guard !running.isWaiting(for: entry.id) else {
                running.passTick(of: entry.id)
                isAlive = true
                continue
            }
            let activity = target.tracker.activity(of: entry)
            if entry.id.rawValue == target.context.process.rawValue { target.name = entry.name }
            if case .ended = activity {} else { isAlive = true }
            switch activity {
            case .running where !stopsRunning: break
            case .running(let since):
                let onCPU = options.mode == .cpu ? since.map { RunningStackReader.OnCPU(time: time, before: $0) } : nil
                candidates.append(
                    RunningStackReader.Candidate(
                        context: target.context, entry: entry, thread: sampledThread(entry, target), onCPU: onCPU))
            case .asleep(let timeslices) where options.mode == .wall: observeSleep(of: entry, target, timeslices)
            case .asleep, .ended: break
            }
        }
        return isAlive || !target.context.hasEnded
    }

    private var pending: [Observation] = []

    private func observeSleep(of entry: ThreadTracker.Entry, _ target: Target, _ timeslices: UInt64?) {
        let thread = sampledThread(entry, target)
        if let timeslices, let read = entry.readSleep, read.timeslices == timeslices {
            pending.append(
                Observation(context: target.context, thread: thread, sight: .unchanged(since: read.takenAt)))
            statistics.repeatedSamples += 1
            return
        }
        do {
            let snapshot = try sleeping.snapshot(of: entry, in: target.context, timeslices: timeslices)
            let time = MonotonicTime.now
            entry.readSleep = timeslices.map { ($0, time) }
            pending.append(
                Observation(context: target.context, thread: thread, sight: .snapshot(snapshot, takenAt: time)))
            statistics.sleepingSamples += 1
        } catch {
            statistics.lose(SamplingStatistics.Loss(error))
        }
    }

    private func sampledThread(_ entry: ThreadTracker.Entry, _ target: Target) -> ThreadIdentity {
        ThreadIdentity(
            process: target.context.process, thread: entry.id, name: entry.name, processName: target.name)
    }

    private func flush() {
        let stopped = running.takeObservations()
        let repeated = stopped.count { $0.sight.isRepetition }
        statistics.stoppedSamples += stopped.count - repeated
        statistics.repeatedSamples += repeated
        let refused = queue.append(pending + stopped)
        if refused > 0 { statistics.lose(.queueFull, count: refused) }
        pending.removeAll(keepingCapacity: true)
    }

    // MARK: - Targets

    private func add(_ context: ProcessContext) {
        guard let target = try? Target(context, countsTimeslices: countsTimeslices) else { return }
        targets.append(target)
    }

    private func adoptChildren() {
        let now = MonotonicTime.now
        guard now >= nextFamilyLook else { return }
        nextFamilyLook = now.advanced(by: Self.familyInterval)
        var known = Set(targets.map(\.context.process))
        var parents = targets.map(\.context.process)
        while let parent = parents.popLast() {
            for child in (try? procfs.children(of: parent)) ?? [] where known.insert(child).inserted {
                guard let context = try? ProcessContext(of: child, in: procfs) else { continue }
                add(context)
                parents.append(child)
            }
        }
    }

    // MARK: - Waiting

    /// Sleeps until `time`, and lets threads run on whose stop comes in the meantime.
    private func wait(until time: MonotonicTime) {
        while !control.mustStop {
            let now = MonotonicTime.now
            guard now < time else { return }
            let limit = running.isWaiting ? Self.lookInterval : Self.longestWait
            let isAnnounced = StopSignal.wait(nanoseconds: min(time.since(now), limit))
            guard running.isWaiting else { continue }
            if isAnnounced { running.collect(awakenedAt: .now) } else { running.look() }
            flush()
        }
    }
}
