package import MemoryTrends
package import ProfileModel
package import Sampling

/// What is sampled, and how.
package struct LiveTarget: Sendable {
    /// As in `redis-server (PID 812)`.
    package let title: String
    package let mode: SamplingMode
    package let rate: Int

    package init(title: String, mode: SamplingMode, rate: Int) {
        self.title = title
        self.mode = mode
        self.rate = rate
    }
}

/// The memory of the targets together, and the worst verdict about one of them.
package struct LiveMemory: Sendable {
    package var resident: UInt64 = 0
    /// What is their own, and leaks fill.
    package var own: UInt64 = 0
    /// The CPU time that they use, as a share of one CPU; `nil` before the second reading.
    package var cpuShare: Double?
    /// Bytes an hour; `nil` before there are enough readings.
    package var growthPerHour: Double?
    package var leak = LeakLevel.none
    /// Of the process that has it, where there are several.
    package var leakingProcess: String?
    package var secondsToLimit: Double?

    package init() {}
}

/// What is new since the last update.
package struct LiveUpdate: Sendable {
    package let window: LiveWindow
    /// `nil` where no target has memory that can be read.
    package let memory: LiveMemory?
    package let sampler: SamplerKind
    /// Whether all targets have ended.
    package let isLast: Bool

    package init(window: LiveWindow, memory: LiveMemory?, sampler: SamplerKind, isLast: Bool) {
        self.window = window
        self.memory = memory
        self.sampler = sampler
        self.isLast = isLast
    }
}
