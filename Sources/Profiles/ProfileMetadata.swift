package import ProfileModel

/// What was recorded, how, when, and how well that went.
package struct ProfileMetadata: Hashable, Sendable {
    /// What was profiled, as a title for people; sorted, several after a merge.
    package var commands: [String]
    /// The processes that were sampled, sorted.
    package var processes: [ProcessID]
    /// How samples were chosen; `nil` once profiles of different modes were merged.
    package var mode: SamplingMode?
    /// Ticks per second; `nil` once profiles of different rates were merged.
    package var rateHertz: Int?
    /// UTC nanoseconds since 1970 at the first tick.
    package var startNanoseconds: UInt64
    package var durationNanoseconds: UInt64
    package var counts: SampleCounts

    package init(
        command: String, processes: [ProcessID], mode: SamplingMode, rateHertz: Int,
        startNanoseconds: UInt64, durationNanoseconds: UInt64, counts: SampleCounts = SampleCounts()
    ) {
        self.commands = [command]
        self.processes = processes.sorted()
        self.mode = mode
        self.rateHertz = rateHertz
        self.startNanoseconds = startNanoseconds
        self.durationNanoseconds = durationNanoseconds
        self.counts = counts
    }

    /// The union of two recordings: commands and processes of both, the span that holds both, the counts added.
    package mutating func merge(with other: ProfileMetadata) {
        let end = max(
            startNanoseconds.addingSaturated(durationNanoseconds),
            other.startNanoseconds.addingSaturated(other.durationNanoseconds))
        commands = Set((commands + other.commands).map(Spelling.init)).sorted().map(\.text)
        processes = Set(processes + other.processes).sorted()
        mode = mode == other.mode ? mode : nil
        rateHertz = rateHertz == other.rateHertz ? rateHertz : nil
        startNanoseconds = min(startNanoseconds, other.startNanoseconds)
        durationNanoseconds = end - startNanoseconds
        counts.merge(with: other.counts)
    }
}
