package import PerfEvents
package import ProcFS
package import ProfileModel
package import SystemSupport

/// How to sample.
package struct SamplingOptions: Sendable {
    package let mode: SamplingMode
    /// Ticks a second, on average.
    package let rate: Int
    /// Frames after which a stack is truncated.
    package let frameLimit: Int
    /// Whether processes that the targets start are sampled too.
    package let followsChildren: Bool
    /// `nil` to take the one that suits the target.
    package let sampler: SamplerKind?
    /// The share of the time, 0 to 1, that the target may be stopped before events take over, if they may; on a host whose CPUs
    /// are all taken, the share of their time that stopping and polling threads may take, too.
    package let stopBudget: Double
    /// Whether a sleeping thread whose stack can't be followed without all its registers may be stopped, once a sleep.
    package let interruptsSleeping: Bool
    /// Whether the frames of runtimes' functions, such as Python's, are read.
    package let readsRuntimes: Bool
    /// Whether only stacks of threads are kept that hold their interpreter's lock.
    package let keepsLockHoldersOnly: Bool
    /// How many frames all distinct stacks may have together until they are drained: about 40 bytes each.
    package let collectedFrameLimit: Int

    package init(
        mode: SamplingMode = .cpu, rate: Int = 99, frameLimit: Int = 512, followsChildren: Bool = false,
        sampler: SamplerKind? = nil, stopBudget: Double = 0.005, interruptsSleeping: Bool = false,
        readsRuntimes: Bool = true, keepsLockHoldersOnly: Bool = false, collectedFrameLimit: Int = 8_000_000
    ) {
        self.mode = mode
        self.rate = rate
        self.frameLimit = frameLimit
        self.followsChildren = followsChildren
        self.sampler = sampler
        self.stopBudget = stopBudget
        self.interruptsSleeping = interruptsSleeping
        self.readsRuntimes = readsRuntimes
        self.keepsLockHoldersOnly = keepsLockHoldersOnly
        self.collectedFrameLimit = collectedFrameLimit
    }

    /// The time between two ticks, in nanoseconds.
    var periodNanoseconds: UInt64 { 1_000_000_000 / UInt64(max(1, rate)) }

    /// Whether threads may be stopped for samples.
    var mayStop: Bool { mode != .offCPU && sampler != .perf }
}

/// Why sampling could not begin.
package enum SamplingError: Error, Sendable {
    case process(ProcessID, ProcFSError)
    case noThread(SystemCallError)
    case outOfMemory
    /// Events were needed, for that reason, and refused.
    case perfEvents(PerfEventError, SamplerReport.Reason)
    /// Events on each thread and CPU were needed, and take about so many descriptors.
    case tooFewDescriptors(needed: Int)
}

extension SamplingError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .process(let process, let error): "process \(process): \(error)"
        case .noThread(let error): "no thread for sampling: \(error); raise the limit (ulimit -u)"
        case .outOfMemory: "out of memory"
        case .perfEvents(let error, _): "perf_event_open: \(error)"
        case .tooFewDescriptors(let needed): "events on each thread and CPU need about \(needed) descriptors"
        }
    }
}
