package import ProcFS
package import ProfileModel
package import Profiles
package import Sampling
internal import SystemSupport
package import TargetProcess
package import WorkerControl
internal import WorkerProtocol

/// What to record.
package struct RecordingRequest: Sendable {
    package var processes: [ProcessID]
    /// What the profile calls them.
    package var title: String
    package var options: SamplingOptions
    /// `nil` to go on until the monitor ends it, or the targets have ended.
    package var seconds: Double?

    package init(processes: [ProcessID], title: String, options: SamplingOptions, seconds: Double?) {
        self.processes = processes
        self.title = title
        self.options = options
        self.seconds = seconds
    }
}

/// Watches a recording, and can end it.
package protocol RecordingMonitor: Sendable {
    /// Waits so long at most; returns whether sampling is to end.
    func wait(nanoseconds: UInt64, elapsed: Double, samples: Int) -> Bool

    /// Sampling has ended; these many locations are to be named.
    func willName(locations: Int)

    /// Whether naming is to end: what has no name by then gets its address for one.
    var mustEnd: Bool { get }
}

/// A recording that goes on, from the first tick to the profile.
package final class ActiveRecording {
    private let request: RecordingRequest
    private let kernel: KernelNames
    private let worker: StackWorker
    private let objects: TracedObjects
    private let session: SamplingSession
    private var startedAt = Start()
    private var lossesBefore = WorkerLosses()
    private static let pollNanoseconds: UInt64 = 100_000_000

    /// When the recording, or this part of it, began.
    private struct Start {
        /// UTC nanoseconds since 1970.
        let wall = SystemClock.wall.nanoseconds
        /// Nanoseconds of `CLOCK_MONOTONIC`.
        let monotonic = SystemClock.monotonic.nanoseconds
    }

    /// Samples from the time on at which it returns.
    package init(
        _ request: RecordingRequest, procfs: ProcFS, worker: StackWorker, objects: TracedObjects
    ) throws(SamplingError) {
        self.request = request
        kernel = KernelNames(procfs: procfs)
        self.worker = worker
        self.objects = objects
        session = try SamplingSession(
            of: request.processes, options: request.options, procfs: procfs, worker: worker, objects: objects)
        startedAt = Start()
    }

    /// Whether all targets have ended.
    package var hasEnded: Bool { session.hasEnded }

    /// Ends it, and keeps nothing.
    package func cancel() { _ = session.finish() }

    /// Samples until the time is over, the monitor ends it, or all targets have ended; then names what was seen.
    package func finish(watchedBy monitor: some RecordingMonitor) -> Recording {
        let end = wait(monitor)
        return recording(of: session.finish(), end: end, monitor)
    }

    /// Gives out what was recorded since the last call, and goes on: for profiles without an end.
    package func drain(watchedBy monitor: some RecordingMonitor) -> Recording {
        recording(of: session.drain(), end: .continued, monitor)
    }

    private func recording(
        of outcome: SamplingSession.Outcome, end: Recording.End, _ monitor: some RecordingMonitor
    ) -> Recording {
        let locations = Set(outcome.stacks.lazy.flatMap(\.frames))
        monitor.willName(locations: locations.count)
        let names = FrameNames(at: locations, worker: worker, kernel: kernel) { monitor.mustEnd }
        let profile = profile(of: outcome, names)
        let losses = worker.losses
        defer { (lossesBefore, startedAt) = (losses, Start()) }
        return Recording(
            options: request.options, profile: profile, ledger: outcome.ledger, sampler: outcome.sampler,
            distinctStacks: outcome.stacks.count, ownNanoseconds: outcome.ownNanoseconds,
            workerLosses: losses.since(lossesBefore), end: end)
    }

    private func wait(_ monitor: some RecordingMonitor) -> Recording.End {
        let start = SystemSupport.MonotonicTime.now
        while !session.hasEnded {
            let elapsed = Double(SystemSupport.MonotonicTime.now.since(start)) / 1e9
            if let seconds = request.seconds, elapsed >= seconds { return .durationReached }
            let left = request.seconds.map { UInt64(max(0, ($0 - elapsed) * 1e9)) } ?? Self.pollNanoseconds
            if monitor.wait(
                nanoseconds: min(left, Self.pollNanoseconds), elapsed: elapsed, samples: session.samples)
            {
                return .interrupted
            }
        }
        return .targetsEnded
    }

    private func profile(of outcome: SamplingSession.Outcome, _ names: FrameNames) -> Profile {
        let ledger = outcome.ledger
        var metadata = ProfileMetadata(
            command: request.title, processes: request.processes, rateHertz: request.options.rate,
            startNanoseconds: startedAt.wall, durationNanoseconds: ledger.times[.elapsed])
        var counts = SampleCounts()
        counts.lateTicks = ledger.events[.lateTick]
        counts.missedTicks = ledger.events[.missedTick]
        for (loss, count) in ledger.losses.counts { counts.lost[loss.rawValue] = count }
        metadata.counts = counts
        var assembly = ProfileAssembly(
            mode: request.options.mode, metadata: metadata, names: names.frames(at:), objects: profiledObject)
        for stack in outcome.stacks {
            assembly.add(
                stack.frames, ending: stack.ending, of: stack.thread, count: stack.count, weight: stack.weight,
                runs: stack.runs.since(startedAt.monotonic))
        }
        return assembly.finish()
    }

    private func profiledObject(_ object: ObjectID) -> ProfiledObject? {
        guard let path = objects.path(of: object) else { return nil }
        let summary = worker.summary(of: object)
        return ProfiledObject(path: path, buildID: summary?.buildID, segments: summary?.segments ?? [])
    }
}

/// A finished recording, or a part of one that goes on: the profile, and how it went.
package struct Recording: Sendable {
    package let options: SamplingOptions
    package let profile: Profile
    package let ledger: SampleLedger
    package let sampler: SamplerReport
    package let distinctStacks: Int
    /// The CPU time that Sonde itself used, without the worker's, in nanoseconds.
    package let ownNanoseconds: UInt64
    package let workerLosses: WorkerLosses
    package let end: End

    /// Why sampling ended, if it did.
    package enum End: Sendable {
        case durationReached
        case interrupted
        case targetsEnded
        /// It goes on.
        case continued
    }
}
