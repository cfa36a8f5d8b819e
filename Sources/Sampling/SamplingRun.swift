internal import PerfEvents
internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess

/// Chooses between the samplers, and switches from one to the other when the target is stopped for too long.
///
/// Belongs to the sampling thread.
final class SamplingRun {
    private let options: SamplingOptions
    private let procfs: ProcFS
    private let contexts: [ProcessContext]
    private let queue: SampleEventQueue
    private let control: SamplingControl
    private var events: PerfSampler?
    private var report: SamplerReport { didSet { control.report = report } }
    /// Whether the host's CPUs were all taken when events were opened on many threads.
    private var isHostFull = false

    /// So many stacks of others in a second cost less than what events on many threads cost at each switch between them.
    private static let fewStacksOfOthers = 500.0

    /// Whatever can be refused is refused here.
    init(
        options: SamplingOptions, procfs: ProcFS, contexts: [ProcessContext], queue: SampleEventQueue,
        control: SamplingControl
    ) throws(SamplingError) {
        self.options = options
        self.procfs = procfs
        self.contexts = contexts
        self.queue = queue
        self.control = control
        report = Self.choice(options, contexts)
        control.report = report
        guard report.sampler == .perf else {
            preferEvents()
            return
        }
        do {
            events = try openEvents()
        } catch .tooManyEvents {
            throw .tooFewDescriptors(needed: DescriptorAllowance.need(ofEventsOn: threadCount))
        } catch {
            throw .perfEvents(error, report.reason)
        }
    }

    private static func choice(_ options: SamplingOptions, _ contexts: [ProcessContext]) -> SamplerReport {
        if options.mode == .offCPU { return SamplerReport(sampler: .perf, reason: .mode) }
        if let chosen = options.sampler { return SamplerReport(sampler: chosen, reason: .chosen) }
        let traced = contexts.first { (try? $0.directory.status())?.tracer != nil }
        if let traced { return SamplerReport(sampler: .perf, reason: .traced(traced.process)) }
        return SamplerReport(sampler: .ptrace, reason: .usual)
    }

    /// Begins with events where polling many threads costs too much, if events show as much.
    private func preferEvents() {
        guard options.sampler == nil else { return }
        let use = hostUse
        guard let reason = reasonForEvents(on: use), let events = try? openEvents(on: use), !events.omitsKernel else {
            return
        }
        self.events = events
        report = SamplerReport(sampler: .perf, reason: reason)
    }

    /// Without kept files, polls take several times as long; on a full host, they take the CPU time of others.
    private func reasonForEvents(on use: HostUse?) -> SamplerReport.Reason? {
        if !DescriptorAllowance.ofThisProcess.suffices(forThreads: threadCount) {
            return .fewDescriptors(threads: threadCount)
        }
        return use?.isFull == true ? .fullHost(threads: threadCount) : nil
    }

    private var threadCount: Int { contexts.reduce(0) { $0 + $1.threadCount } }

    /// The targets' share of the host's CPUs now; `nil` where nothing depends on it: few threads, or off-CPU time, which needs
    /// events on each thread.
    private var hostUse: HostUse? {
        guard options.mode != .offCPU, threadCount > ThreadSelection.fewThreads else { return nil }
        return HostUse(of: contexts.map(\.process), in: procfs)
    }

    /// Samples until it is asked to stop, or all targets have ended.
    func run() {
        if events == nil { runStops() }
        guard let events else { return }
        report.omitsKernel = events.omitsKernel
        run(events)
    }

    /// Stops threads from a thread that ends: what has not stopped by then is let go by the kernel (ptrace(2)).
    private func runStops() {
        // Safe: this thread only waits meanwhile.
        nonisolated(unsafe) let run = self
        guard let thread = try? OwnedThread(name: "sonde-stops", { unsafe run.stopThreads() }) else {
            return control.lose(.failed)
        }
        thread.join()
    }

    private func stopThreads() {
        SamplerPriority.raise()
        defer { SamplerPriority.lower() }
        let watch = CodeWatchThread(of: contexts, queue: queue)
        defer { watch?.finish() }
        let sampler = Sampler(
            options: options, procfs: procfs, contexts: contexts, queue: queue, control: control)
        sampler.run { [self] shortcoming in
            switch shortcoming {
            case .stopBudgetExceeded(let share): mustSwitchToPerf(exceeding: share)
            case .poorCoverage(let share): mustSwitchToPerf(because: .poorCoverage(share: share))
            case .kernelWorker: mustSwitchToPerfForKernelWorkers()
            case .costlyOnFullHost(let share): mustSwitchToPerf(because: .costlyOnFullHost(share: share))
            }
        }
    }

    private func openEvents(on use: HostUse? = nil) throws(PerfEventError) -> PerfSampler {
        let use = use ?? hostUse
        isHostFull = use?.isFull ?? false
        return try PerfSampler(
            options: options, procfs: procfs, contexts: contexts, queue: queue, control: control,
            prefersHost: use.map {
                isHostFull && $0.stacksOfOthers(rate: options.rate) <= Self.fewStacksOfOthers
            } ?? false)
    }

    /// Whether events can take over from stops that stopped the target for too great a share of the time.
    private func mustSwitchToPerf(exceeding share: Double) -> Bool {
        guard options.sampler == nil else { return false }
        if hasDeepStacks {
            report.reason = .stopBudgetExceededForDepth(share: share)
            return false
        }
        do {
            try switchToPerf(because: .stopBudgetExceeded(share: share))
            return true
        } catch {
            report.reason = .stopBudgetExceededAnyway(share: share, error)
            return false
        }
    }

    /// Whether events can take over from stops that give too few samples, or cost others too much.
    private func mustSwitchToPerf(because reason: SamplerReport.Reason) -> Bool {
        guard options.sampler == nil, !hasDeepStacks else { return false }
        return (try? switchToPerf(because: reason)) != nil
    }

    /// Whether events can take over because they show what the kernel's own threads do.
    private func mustSwitchToPerfForKernelWorkers() -> Bool {
        guard options.sampler == nil, !hasDeepStacks, let opened = try? openEvents(), !opened.omitsKernel else {
            return false
        }
        events = opened
        report = SamplerReport(sampler: .perf, reason: .kernelWorker)
        return true
    }

    /// Whether there are stacks that are deeper than what events copy.
    private var hasDeepStacks: Bool { contexts.contains { $0.widestWindow > StackCopier.smallestWindow } }

    private func switchToPerf(because reason: SamplerReport.Reason) throws(PerfEventError) {
        events = try openEvents()
        report = SamplerReport(sampler: .perf, reason: reason)
    }

    /// In wall mode, sleeping threads are read beside.
    private func run(_ events: PerfSampler) {
        guard options.mode == .wall else { return events.run() }
        let sleepers = SleeperThread(
            options: options, procfs: procfs, contexts: contexts, queue: queue, control: control,
            isHostFull: isHostFull)
        if sleepers == nil { control.lose(.failed) }
        events.run()
        sleepers?.finish()
    }
}

/// A thread that reads the stacks of sleeping threads, and leaves running ones to events.
final class SleeperThread {
    private let worker: OwnedThread

    /// `nil` when the system has no more threads.
    init?(
        options: SamplingOptions, procfs: ProcFS, contexts: [ProcessContext], queue: SampleEventQueue,
        control: SamplingControl, isHostFull: Bool
    ) {
        let worker = try? OwnedThread(name: "sonde-sleepers") {
            let sampler = Sampler(
                options: options, procfs: procfs, contexts: contexts, queue: queue, control: control,
                stopsRunning: false, beginsOnFullHost: isHostFull)
            sampler.run()
        }
        guard let worker else { return nil }
        self.worker = worker
    }

    /// Waits until sampling has ended; to be called once.
    func finish() { worker.join() }
}
