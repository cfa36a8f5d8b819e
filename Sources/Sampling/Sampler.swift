internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess

/// Polls the threads of the target processes at each tick, and appends their samples to a queue.
///
/// Lives on one thread of its own, as ptrace(2) demands, from the first poll to the last.
final class Sampler {
    private let options: SamplingOptions
    private let procfs: ProcFS
    private let queue: SampleEventQueue
    private let control: SamplingControl
    private let running: RunningStackReader<LiveThreads>
    private let sleeps: SleepObserver
    private var targets: [Target] = []
    private let events = SampleEventList()
    private var interruptions: [SleepObserver.Interruption] = []
    /// Whether a thread that never leaves the kernel was seen running.
    private var hasSeenKernelWorker = false
    private var departed: [(candidate: SampleCandidate, timeslices: UInt64?)] = []
    private var ledger = SampleLedger()
    private var publishedAt = MonotonicTime(nanoseconds: 0)
    private var nextSums = MonotonicTime(nanoseconds: 0)
    private var nextChildScan = MonotonicTime(nanoseconds: 0)
    private var coverage = SampleCoverage()
    private let takeover: CPUTakeover
    private var place = SamplerPlace()
    private let countsTimeslices: Bool
    private let stopsRunning: Bool
    private let beginsOnFullHost: Bool
    private let allowance = DescriptorAllowance.ofThisProcess
    private var cost: PollingCost?
    /// How long threads waited for a CPU, in nanoseconds, where events sample those that run: less than a tick's gap.
    private var waited: UInt64 = 0

    /// How often descendants are searched for, and how long a stop request can go unnoticed.
    private static let childScanInterval: UInt64 = 50_000_000
    private static let longestWait: UInt64 = 50_000_000
    /// How often counts are shown to other threads.
    private static let publishingInterval: UInt64 = 50_000_000
    /// How often the clocks of all processes are read for the sums that they show.
    private static let sumInterval: UInt64 = 1_000_000_000
    /// How long a thread can stay stopped whose stop was not announced: another part of the program may take the signal.
    private static let pollInterval: UInt64 = 1_000_000
    /// So many threads are read in about 50 µs, during which one that stops meanwhile stays stopped.
    private static let threadsBetweenPolls = 16

    private final class Target {
        let context: ProcessContext
        let tracker: ThreadTracker
        /// Whether this sampler has found it, so that no other one has its context.
        let isAdopted: Bool
        var incompleteSleeps = IncompleteSleeps()
        /// What was counted of its unwatched CPU time, in nanoseconds.
        var countedUnwatched: UInt64 = 0
        /// What it is called, and of which command name that was made.
        private(set) var name = ""
        private var command: String?

        init(
            _ context: ProcessContext, isAdopted: Bool, countsTimeslices: Bool, tolerance: UnwatchedTime.Tolerance,
            allowance: DescriptorAllowance
        ) throws(ProcFSError) {
            (self.context, self.isAdopted) = (context, isAdopted)
            tracker = try ThreadTracker(
                of: context.directory, countsTimeslices: countsTimeslices, tolerance: tolerance,
                allowance: allowance)
        }

        /// The first thread's name is the process's.
        func rename(_ command: String) {
            guard command != self.command else { return }
            self.command = command
            name = context.directory.title(command: command)
        }

        func subject(_ entry: ThreadTracker.Entry) -> SleepObserver.Subject {
            SleepObserver.Subject(context: context, entry: entry, thread: thread(entry))
        }

        func thread(_ entry: ThreadTracker.Entry) -> ThreadIdentity {
            ThreadIdentity(process: context.process, thread: entry.id, name: entry.name, processName: name)
        }
    }

    /// - Parameters:
    ///   - stopsRunning: whether running threads are sampled; somebody else does it otherwise.
    ///   - beginsOnFullHost: whether the host's CPUs are known to be all taken.
    init(
        options: SamplingOptions, procfs: ProcFS, contexts: [ProcessContext], queue: SampleEventQueue,
        control: SamplingControl, stopsRunning: Bool = true, beginsOnFullHost: Bool = false
    ) {
        self.options = options
        self.stopsRunning = stopsRunning
        self.beginsOnFullHost = beginsOnFullHost
        self.procfs = procfs
        self.queue = queue
        self.control = control
        let copier = StackCopier()
        let period = options.periodNanoseconds
        running = RunningStackReader(source: LiveThreads(), copier: copier, events: events, period: period)
        sleeps = SleepObserver(copier: copier, events: events, period: period)
        takeover = CPUTakeover(procfs: procfs)
        countsTimeslices = procfs.kernelCountsTimeslices
        for context in contexts { add(context) }
    }

    /// Why somebody else should sample instead.
    enum Shortcoming {
        /// Stops take this share of the time, 0 to 1, which is more than their budget.
        case stopBudgetExceeded(share: Double)
        /// The samples stand for this share of the CPU time, 0 to 1, and chance doesn't explain it.
        case poorCoverage(share: Double)
        /// A thread of the kernel's own in a target runs.
        case kernelWorker
        /// The host's CPUs are all taken, and the sampler's thread takes this share of them, 0 to 1.
        case costlyOnFullHost(share: Double)
    }

    /// Samples until it is asked to stop, or all targets have ended, or somebody else takes over.
    ///
    /// - Parameter mustEnd: asked whether somebody does; of each kind of shortcoming, it isn't asked again after it has
    ///   refused.
    func run(whenFalling mustEnd: (Shortcoming) -> Bool = { _ in false }) {
        let start = MonotonicTime.now
        (publishedAt, nextSums) = (start, start)
        let mayFollow = options.sampler == nil || !stopsRunning
        if mayFollow {
            cost = PollingCost(
                of: procfs, mayPollLess: !stopsRunning, options: options, from: start,
                threadsOnFullHost: beginsOnFullHost ? targets.reduce(0) { $0 + $1.context.threadCount } : nil)
        }
        var budget: StopBudget? = StopBudget(share: options.stopBudget, from: start)
        var mayCoverPoorly = watchesCoverage
        var mayLackKernel = true
        defer { place.leave() }
        var schedule = TickSchedule(
            rate: Double(options.rate), from: start, generator: SplitMix64(seed: .random(in: 0...UInt64.max)))
        var load = SamplerLoad()
        while !control.mustStop, !targets.isEmpty {
            wait(until: schedule.next)
            // A sampler that is behind doesn't wait, and must not leave anyone stopped.
            running.poll()
            guard !control.mustStop else { break }
            let due = schedule.next
            let arrival = schedule.arrive(at: .now)
            ledger.note(.tick)
            ledger.note(.lateTick, count: arrival.isLate ? 1 : 0)
            ledger.note(.missedTick, count: arrival.missed)
            takeover.begin()
            tick(at: due)
            place.move()
            publish()
            if load.isTooHigh(at: .now) { SamplerPriority.lower() }
            if let share = budget?.excess(stoppedNanoseconds: running.stoppedNanoseconds, at: .now) {
                if mustEnd(.stopBudgetExceeded(share: share)) { break }
                budget = nil
            }
            if hasSeenKernelWorker, mayLackKernel {
                if mustEnd(.kernelWorker) { break }
                mayLackKernel = false
            }
            let threads = targets.reduce(0) { $0 + $1.tracker.ordered.count }
            if let share = cost?.endTick(threads: threads, at: .now) {
                if mustEnd(.costlyOnFullHost(share: share)) { break }
                cost = nil
            }
            if mayCoverPoorly, let share = coverage.poorShare(period: period, at: .now) {
                if mustEnd(.poorCoverage(share: share)) { break }
                mayCoverPoorly = false
            }
        }
        running.collect(within: Self.longestWait)
        running.giveUp()
        for target in targets { settle(target) }
        flush()
        _ = queue.append(targets.filter(\.isAdopted).map { .process($0.context, .ended) })
        publish(isLast: true)
    }

    /// Shows what was counted, when it is time to; at the end, all.
    private func publish(isLast: Bool = false) {
        let now = MonotonicTime.now
        guard isLast || now.since(publishedAt) >= Self.publishingInterval else { return }
        // Beside events, these know how long the session lasts.
        if stopsRunning { ledger.note(.elapsed, nanoseconds: now.since(publishedAt)) }
        publishedAt = now
        if isLast || now >= nextSums {
            nextSums = now.advanced(by: Self.sumInterval)
            if watchesCoverage { ledger.note(coverage.take(period: period)) }
            for target in targets { countUnwatched(target) }
            control.show(kept: [.sampledProcesses: targets.count])
        }
        ledger.add(running.takeLedger())
        ledger.add(sleeps.takeLedger())
        control.add(ledger.take())
        control.show(due: isLast ? 0 : unseenSamples)
    }

    private func countUnwatched(_ target: Target) {
        guard options.mode == .cpu else { return }
        let missed = target.tracker.selection.missedNanoseconds
        ledger.note(.unwatched, nanoseconds: missed &- target.countedUnwatched)
        target.countedUnwatched = missed
    }

    /// In wall mode, threads that wait for a CPU are sampled as well as those on one.
    private var watchesCoverage: Bool { options.mode == .cpu && stopsRunning }

    /// The CPU time that a sample stands for, in nanoseconds.
    private var period: UInt64 { 1_000_000_000 / UInt64(options.rate) }

    /// Sleeping threads that will be counted once they are polled again.
    private var unseenSamples: Int {
        options.mode == .wall ? targets.reduce(0) { $0 + $1.tracker.unseenTicks } : 0
    }

    // MARK: - A tick

    /// - Parameter time: when the tick was due. What has lost its CPU since, has lost it to Sonde, or as good as.
    private func tick(at time: MonotonicTime) {
        coverage.endTick()
        if options.followsChildren { adoptChildren() }
        var candidates: [SampleCandidate] = []
        var ended: [ProcessID] = []
        for target in targets {
            do {
                let found = try target.tracker.refresh()
                ledger.note(.thread, count: found.count { control.isNew($0) })
                ledger.note(.threadWithoutKeptFiles, count: target.tracker.takeUnkept())
                settleEnded(of: target)
                if !poll(at: target, time, &candidates) { ended.append(target.context.process) }
            } catch {
                ended.append(target.context.process)
            }
        }
        for target in targets where ended.contains(target.context.process) { settle(target) }
        for (candidate, timeslices) in departed { running.sampleDeparted(candidate, timeslices: timeslices) }
        departed.removeAll(keepingCapacity: true)
        // All states are read by now: after a stop, a thread would seem idle.
        for candidate in candidates { running.sample(candidate) }
        for interruption in interruptions {
            if !running.interrupt(interruption.candidate) { sleeps.resume(interruption) }
        }
        interruptions.removeAll(keepingCapacity: true)
        flush()
        for target in targets where ended.contains(target.context.process) { remove(target) }
        targets.removeAll { ended.contains($0.context.process) }
    }

    /// Reads the states of a target's threads; returns whether it goes on.
    private func poll(
        at target: Target, _ time: MonotonicTime, _ candidates: inout [SampleCandidate]
    ) -> Bool {
        var polls = 0
        var living = 0
        if options.interruptsSleeping { target.incompleteSleeps.request(from: target.tracker, of: target.context) }
        if options.mode == .wall {
            for (thread, time) in target.context.takePlannedSleeps() {
                target.tracker.requestReading(of: thread, ifReadAt: time)
            }
        }
        target.tracker.select(at: .now, every: cost?.stride) { entry, unseen in
            if polls % Self.threadsBetweenPolls == 0 { running.poll() }
            polls += 1
            cost?.notePoll()
            let activity = target.tracker.activity(of: entry)
            if entry.id.rawValue == target.context.process.rawValue { target.rename(entry.name) }
            if case .ended = activity { running.expectEnd(of: entry.id) } else { living += 1 }
            if stopsRunning { findDue(entry, of: target, activity, time, &candidates) }
            if options.mode == .wall { countSleep(of: entry, target, activity, unseen) }
            if !stopsRunning { countWait(of: entry, activity) }
        }
        return living > 0 || polls < target.tracker.ordered.count || !target.context.hasEnded
    }

    /// Chooses a thread that runs, in CPU mode if it was on a CPU when the tick came.
    private func findDue(
        _ entry: ThreadTracker.Entry, of target: Target, _ activity: ThreadTracker.Activity, _ time: MonotonicTime,
        _ candidates: inout [SampleCandidate]
    ) {
        if options.mode == .cpu {
            place.note(entry.processor, ran: entry.lastRun.nanoseconds, in: entry.lastRun.timeslices)
        }
        switch activity {
        case .running where running.isWaiting(for: entry.id): running.passTick(of: entry.id)
        case .running(let before) where entry.isKernelWorker:
            hasSeenKernelWorker = true
            guard presence(entry, time, before) != nil else { return ledger.note(.waitForCPU) }
            departed.append((candidate(entry, of: target, .onCPU), nil))
        case .running(let before):
            if let presence = presence(entry, time, before) {
                candidates.append(candidate(entry, of: target, presence))
            } else {
                ledger.note(.waitForCPU)
            }
        case .asleep(let timeslices):
            guard options.mode == .cpu, entry.lastRun.nanoseconds > 0, !running.isWaiting(for: entry.id),
                takeover.wasFrom(entry) == true
            else { return }
            departed.append((candidate(entry, of: target, .onCPU), timeslices))
        case .ended: break
        case .unreadable(let loss): if options.mode == .cpu { ledger.lose(loss) }
        }
    }

    /// `nil` when the thread waited for a CPU already.
    private func presence(
        _ entry: ThreadTracker.Entry, _ time: MonotonicTime, _ before: Schedstat?
    ) -> SampleCandidate.Presence? {
        guard options.mode == .cpu, let before else { return .any }
        if let wasOnCPU = takeover.wasFrom(entry) { return wasOnCPU ? .onCPU : nil }
        // On another CPU than the sampler's, the thread is as it would be without it.
        let isUndisturbed = entry.processor != SamplerPriority.currentProcessor
        return .atTime(isUndisturbed ? entry.polledAt : time, before: before)
    }

    private func candidate(
        _ entry: ThreadTracker.Entry, of target: Target, _ presence: SampleCandidate.Presence
    ) -> SampleCandidate {
        SampleCandidate(
            context: target.context, entry: entry, thread: target.thread(entry), presence: presence)
    }

    // MARK: - Sleeping threads, in wall mode

    private func countSleep(
        of entry: ThreadTracker.Entry, _ target: Target, _ activity: ThreadTracker.Activity,
        _ unseen: ThreadTracker.UnseenTicks
    ) {
        let subject = target.subject(entry)
        switch activity {
        case .asleep(let timeslices):
            if !running.isWaiting(for: entry.id),
                let interruption = sleeps.interruption(of: subject, timeslices: timeslices, unseen: unseen)
            {
                interruptions.append(interruption)
            } else {
                sleeps.observe(subject, timeslices: timeslices, unseen: unseen)
            }
        case .running: sleeps.observeRunning(subject, unseen: unseen)
        case .ended: sleeps.endSleep(of: subject, unseen: unseen, loss: .ended)
        case .unreadable(let loss):
            sleeps.endSleep(of: subject, unseen: unseen, loss: loss)
            ledger.lose(loss)
        }
    }

    /// Counts the samples that a thread would have given while it waited for a CPU, which events don't show.
    private func countWait(of entry: ThreadTracker.Entry, _ activity: ThreadTracker.Activity) {
        switch activity {
        case .running, .asleep: waited &+= entry.lastWait
        case .ended, .unreadable: return
        }
        ledger.note(.waitForCPU, count: Int(waited / period))
        waited %= period
    }

    /// Counts the ticks at which a target's threads was not polled, up to now.
    private func settle(_ target: Target) {
        countUnwatched(target)
        guard options.mode == .wall else { return }
        for entry in target.tracker.ordered {
            let unseen = target.tracker.unseenTicks(of: entry)
            guard unseen.count > 0 else { continue }
            sleeps.settle(target.subject(entry), target.tracker.activity(of: entry), unseen: unseen)
        }
    }

    private func settleEnded(of target: Target) {
        let ended = target.tracker.takeEnded()
        guard !ended.isEmpty else { return }
        if stopsRunning { control.evict(ended.map(\.id)) }
        for entry in ended where options.mode == .wall {
            let unseen = target.tracker.unseenTicks(of: entry)
            sleeps.endSleep(of: target.subject(entry), unseen: unseen, loss: .ended)
        }
        for entry in ended { events.append(.process(target.context, .threadEnded(entry.id))) }
    }

    private func flush() {
        let seen = events.takeAll()
        if watchesCoverage { for event in seen { coverage.count(event) } }
        ledger.lose(.queueFull, count: queue.append(seen))
    }

    // MARK: - Targets

    private func add(_ context: ProcessContext, isAdopted: Bool = false) {
        let tolerance: UnwatchedTime.Tolerance = options.mode == .cpu ? .little : .nothing
        guard
            let target = try? Target(
                context, isAdopted: isAdopted, countsTimeslices: countsTimeslices, tolerance: tolerance,
                allowance: allowance)
        else { return }
        targets.append(target)
        if watchesCoverage { coverage.begin(context.process) }
    }

    private func remove(_ target: Target) {
        coverage.end(target.context.process)
        // Samples that events took of what both know are still on their way.
        guard stopsRunning || target.isAdopted else { return }
        control.evict(target.tracker.ordered.map(\.id))
        _ = queue.append([.process(target.context, .ended)])
    }

    private func adoptChildren() {
        let now = MonotonicTime.now
        guard now >= nextChildScan else { return }
        nextChildScan = now.advanced(by: Self.childScanInterval)
        var known = Set(targets.map(\.context.process))
        var parents = targets.map(\.context)
        while let parent = parents.popLast() {
            for child in (try? procfs.children(of: parent.process)) ?? [] where known.insert(child).inserted {
                // The first of a family is there the longest.
                guard
                    let context = try? ProcessContext(of: child, in: procfs, parent: parent.parent ?? parent)
                else { continue }
                add(context, isAdopted: true)
                parents.append(context)
            }
        }
    }

    // MARK: - Waiting

    /// Sleeps until `time`, and lets threads run on whose stop comes in the meantime.
    private func wait(until time: MonotonicTime) {
        while !control.mustStop {
            let now = MonotonicTime.now
            guard now < time else { return }
            let limit = running.isWaiting ? Self.pollInterval : Self.longestWait
            let isAnnounced = StopSignal.wait(nanoseconds: min(time.since(now), limit))
            guard running.isWaiting || running.awaitsEnds else { continue }
            if isAnnounced { running.collect(awakenedAt: .now) } else { running.poll() }
            flush()
        }
    }
}
