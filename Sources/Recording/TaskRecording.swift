package import ProcFS
internal import ProfileModel
package import Profiles
package import Sampling
internal import SystemSupport
package import TargetProcess
package import WorkerControl
internal import WorkerProtocol

/// A recording of what the tasks of event loops wait for, from the first tick to the profile.
package final class TaskRecording {
    private let request: RecordingRequest
    private let worker: StackWorker
    private let sampler: TaskSampler
    private let start = (wall: SystemClock.wall.nanoseconds, monotonic: SystemClock.monotonic.nanoseconds)
    private let ownStart = ProcessorTime.ofThisProcess
    private static let pollNanoseconds: UInt64 = 100_000_000

    package init(
        _ request: RecordingRequest, procfs: ProcFS, worker: StackWorker, objects: TracedObjects
    ) throws(SamplingError) {
        self.request = request
        self.worker = worker
        sampler = try TaskSampler(
            of: request.processes, options: request.options, procfs: procfs, worker: worker, objects: objects)
    }

    /// What was recorded.
    package struct Result: Sendable {
        package let profile: Profile
        package let sampling: TaskSampling
        package let distinctStacks: Int
        /// The CPU time that Sonde itself used, without the worker's, in nanoseconds.
        package let ownNanoseconds: UInt64
        package let workerLosses: WorkerLosses
        package let end: Recording.End
    }

    /// Samples until the time is over, the monitor ends it, or all targets have ended; then names what was seen.
    package func finish(watchedBy monitor: some RecordingMonitor) -> Result {
        let end = sample(monitor)
        let stacks = sampler.finish()
        let locations = Set(stacks.lazy.flatMap(\.stack.rows).compactMap(\.location))
        monitor.willName(locations: locations.count)
        let names = FrameNames(at: locations, worker: worker, kernel: nil) { monitor.mustEnd }
        return Result(
            profile: profile(of: stacks, names), sampling: sampler.sampling, distinctStacks: stacks.count,
            ownNanoseconds: ProcessorTime.ofThisProcess - ownStart, workerLosses: worker.losses, end: end)
    }

    private func sample(_ monitor: some RecordingMonitor) -> Recording.End {
        let start = MonotonicTime.now
        while !sampler.hasEnded {
            sampler.sample()
            let now = MonotonicTime.now
            let elapsed = Double(now.since(start)) / 1e9
            let left = request.seconds.map { ($0 - elapsed) * 1e9 } ?? .infinity
            guard left > 0 else { return .durationReached }
            let untilTick = sampler.nextTick > now ? sampler.nextTick.since(now) : 0
            let wait = min(untilTick, Self.pollNanoseconds, left < 1e9 ? UInt64(left) : .max)
            if monitor.wait(nanoseconds: wait, elapsed: elapsed, samples: Int(clamping: sampler.sampling.samples)) {
                return .interrupted
            }
        }
        return .targetsEnded
    }

    private func profile(of stacks: [CollectedTaskStack], _ names: FrameNames) -> Profile {
        let sampling = sampler.sampling
        var metadata = ProfileMetadata(
            command: request.title, processes: request.processes, rateHertz: request.options.rate,
            startNanoseconds: start.wall, durationNanoseconds: sampling.elapsed)
        var counts = SampleCounts()
        (counts.samples, counts.lateTicks, counts.missedTicks) = (
            sampling.samples, sampling.lateTicks, sampling.missedTicks
        )
        if sampling.tooManyStacks > 0 {
            counts.lost[SampleLedger.Loss.tooManyStacks.rawValue] = sampling.tooManyStacks
        }
        let cut = stacks.filter(\.stack.isCut).reduce(0) { $0 + $1.count }
        if cut > 0 { counts.truncated[Self.cutLabel] = cut }
        metadata.counts = counts
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples, .wall], shown: .samples)
        for stack in stacks { add(stack, names, to: &builder) }
        return builder.finish()
    }

    private static let cutLabel = TruncationReason.frameLimit(0).label

    private func add(_ collected: CollectedTaskStack, _ names: FrameNames, to builder: inout ProfileBuilder) {
        let locations = collected.stack.rows.reversed().map { row in
            builder.location(at: .unknown, frames: row.location.map(names.frames(at:)) ?? [row.frame])
        }
        let count = Int64(clamping: collected.count)
        let (nanoseconds, overflow) = count.multipliedReportingOverflow(
            by: builder.metadata.periodNanoseconds ?? 0)
        builder.add(
            stack: locations,
            thread: ProfiledThread(
                process: collected.process, thread: nil, name: collected.stack.loop ?? "event loop",
                processName: collected.processName),
            truncation: collected.stack.isCut ? Self.cutLabel : nil, values: [count, overflow ? .max : nanoseconds],
            runs: collected.runs.since(start.monotonic))
    }
}

extension TaskStack.Row {
    fileprivate var location: CodeLocation? {
        if case .function(let location) = self { location } else { nil }
    }

    /// How it is shown beside functions.
    fileprivate var frame: Frame { Frame(name: "[\(text)]", kind: .python, object: nil) }

    private var text: String {
        switch self {
        case .task(let name): Self.task(name)
        case .function: "python"
        case .unknown(let loss): "not known: \(loss.label)"
        case .doing(.running): "running"
        case .doing(.ready): "ready"
        case .doing(.waiting(let type)): type.map { "waits for \($0)" } ?? "waiting"
        case .doing(.waitingForTask(let name)): "waits for \(Self.task(name))"
        }
    }

    private static func task(_ name: String?) -> String { name.map { "task \($0)" } ?? "task" }
}
