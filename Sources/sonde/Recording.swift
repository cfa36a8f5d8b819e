import Glibc
import ProcFS
import ProfileModel
import Profiles
import Sampling
import TargetProcess
import WorkerControl

/// A finished recording: the profile, and how it went.
struct Recording {
    let options: SamplingOptions
    let profile: Profile
    let statistics: SamplingStatistics
    let sampler: SamplerText
    let distinctStacks: Int
    let ownNanoseconds: UInt64
    let end: End

    /// Why sampling ended.
    enum End {
        case durationReached
        case interrupted
        case targetsEnded
    }

    /// What to record.
    struct Request {
        var processes: [ProcessID]
        var title: String
        var options: SamplingOptions
        /// `nil` to go on until it is interrupted or the targets end.
        var seconds: Double?
    }

    private static let pollNanoseconds: UInt64 = 100_000_000

    /// Samples until the time is over, a signal comes, or all targets have ended; then finds the symbols.
    ///
    /// - Parameter whenStarted: called when sampling runs: a launched command may go on then.
    init(
        _ request: Request, procfs: ProcFS, worker: StackWorker, objects: TracedObjects, whenStarted: () throws(CommandFailure) -> Void = {}
    ) throws(CommandFailure) {
        let session: SamplingSession
        do {
            session = try SamplingSession(
                of: request.processes, options: request.options, procfs: procfs, worker: worker, objects: objects)
        } catch {
            throw CommandFailure(error, procfs: procfs)
        }
        let startedAt = Self.utcNanoseconds()
        do {
            try whenStarted()
        } catch {
            _ = session.finish()
            throw error
        }
        end = Self.wait(for: session, seconds: request.seconds)
        let outcome = session.finish()
        statistics = outcome.statistics
        sampler = SamplerText(report: outcome.sampler, stopBudget: request.options.holdBudget, procfs: procfs)
        distinctStacks = outcome.stacks.count
        options = request.options
        let names = FrameNames(of: outcome.stacks, worker: worker, kernel: KernelNames(procfs: procfs))
        profile = Self.profile(of: outcome, request, startedAt: startedAt, names) { object in
            objects.path(of: object).map { path in
                let summary = worker.summary(of: object)
                return ProfiledObject(path: path, buildID: summary?.buildID, segments: summary?.segments ?? [])
            }
        }
        ownNanoseconds = outcome.ownNanoseconds
    }

    private static func profile(
        of outcome: SamplingSession.Outcome, _ request: Request, startedAt: UInt64, _ names: FrameNames,
        objects: @escaping ProfileAssembly.Objects
    ) -> Profile {
        var metadata = ProfileMetadata(
            command: request.title, processes: request.processes, rateHertz: request.options.rate,
            startNanoseconds: startedAt, durationNanoseconds: outcome.statistics.elapsed)
        metadata.counts.lateTicks = UInt64(outcome.statistics.lateTicks)
        metadata.counts.missedTicks = UInt64(outcome.statistics.missedTicks)
        for (loss, count) in outcome.statistics.losses { metadata.counts.lost[loss.rawValue] = UInt64(count) }
        var assembly = ProfileAssembly(
            mode: request.options.mode, metadata: metadata, names: names.frames(at:), objects: objects)
        for stack in outcome.stacks {
            assembly.add(
                stack.frames, ending: stack.ending, of: stack.thread, count: stack.count, weight: stack.weight)
        }
        return assembly.finish()
    }

    private static func wait(for session: SamplingSession, seconds: Double?) -> End {
        var progress = ProgressLine(seconds: seconds)
        defer { progress.clear() }
        let start = MonotonicTime.now
        while !session.hasEnded {
            let elapsed = Double(MonotonicTime.now.since(start)) / 1e9
            if let seconds, elapsed >= seconds { return .durationReached }
            progress.show(elapsed: elapsed, note: "\(NumberText.grouped(session.samples)) samples")
            let left = seconds.map { UInt64(max(0, ($0 - elapsed) * 1e9)) } ?? pollNanoseconds
            if InterruptSignals.wait(nanoseconds: min(left, pollNanoseconds)) { return .interrupted }
        }
        return .targetsEnded
    }

    private static func utcNanoseconds() -> UInt64 {
        var time = timespec()
        // Safe: the call fills the structure, and the clock always exists.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(0, time.tv_sec)) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
