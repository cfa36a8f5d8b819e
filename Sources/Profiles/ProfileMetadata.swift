package import ProfileModel

/// What was recorded, how, when, and how well that went.
package struct ProfileMetadata: Hashable, Sendable {
    /// What was profiled, as a title for people.
    package var command: String
    /// The processes that were sampled, sorted.
    package var processes: [ProcessID]
    /// Ticks per second; off-CPU intervals are recorded at most so often.
    ///
    /// `nil` where a file doesn't say.
    package var rateHertz: Int?
    /// UTC nanoseconds since 1970 at the first tick; `nil` where a file doesn't say.
    package var startNanoseconds: UInt64?
    /// Where a file has no UTC, the first time by its own clock, such as the monotonic one, which only perf script text holds.
    package var clockStartNanoseconds: UInt64?
    /// `nil` where a file doesn't say.
    package var durationNanoseconds: UInt64?
    /// `nil` where a file doesn't say.
    package var counts: SampleCounts?
    /// What another producer wrote about the profile, a remark each.
    package var comments: [String]

    package init(
        command: String, processes: [ProcessID] = [], rateHertz: Int? = nil, startNanoseconds: UInt64? = nil,
        durationNanoseconds: UInt64? = nil, counts: SampleCounts? = nil, comments: [String] = []
    ) {
        self.command = command
        self.processes = processes.sorted()
        self.rateHertz = rateHertz
        self.startNanoseconds = startNanoseconds
        self.durationNanoseconds = durationNanoseconds
        self.counts = counts
        self.comments = comments
    }

    /// What a sample of the rate stands for: pprof's period.
    package var periodNanoseconds: Int64? { rateHertz.map { 1_000_000_000 / Int64(max(1, $0)) } }
}

/// How many samples a recording took, and what it lost.
///
/// Of a part of a recording, losses and ticks are those of the whole: when and where they were isn't known.
package struct SampleCounts: Hashable, Sendable {
    package var samples: UInt64 = 0
    /// Of the whole recording, where `samples` are only a part of them; otherwise `nil`.
    package var recordedSamples: UInt64?
    /// Ticks that came more than half a period late.
    package var lateTicks: UInt64 = 0
    /// Ticks at which nothing was sampled, because an earlier one took too long.
    package var missedTicks: UInt64 = 0
    /// Samples whose stack has no root, by `TruncationReason.label`.
    package var truncated: [String: UInt64] = [:]
    /// Samples that were due and not taken, or not kept, by the label of the reason.
    package var lost: [String: UInt64] = [:]
    /// Frames for which no symbol was found, in all samples.
    package var unnamedFrames: UInt64 = 0
    /// Those in object files, by the base name of the file.
    package var unnamedFramesByObject: [String: UInt64] = [:]

    /// Nothing counted yet.
    package init() {}

    /// All truncated samples, whatever the reason.
    package var truncatedSamples: UInt64 { truncated.values.reduce(0) { $0.addingSaturated($1) } }

    /// All lost samples, whatever the reason.
    package var lostSamples: UInt64 { lost.values.reduce(0) { $0.addingSaturated($1) } }

    /// The object file with the most frames that have no name; `nil` when all have one.
    package var leastNamedObject: String? {
        unnamedFramesByObject.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
}

extension UInt64 {
    /// The sum, or `UInt64.max` where the sum is greater.
    package func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    /// Adds as much as there is room for.
    package mutating func addSaturating(_ other: UInt64) { self = addingSaturated(other) }
}
