import ProfileModel
import Profiles

/// The values of a profile as events in the order of their times, for formats without merged stacks.
///
/// What has no time comes first. The values of all events of a sample add up to its value; what isn't above 0 is left out.
struct ProfileEvents {
    struct Event {
        /// Nanoseconds since the recording's start, at the first sample that it stands for; `nil` where that isn't known.
        let time: UInt64?
        /// The position of the sample in the profile.
        let sample: Int
        /// How many samples it stands for.
        let count: UInt64
        let value: Int64
    }

    /// How much of a sample an event is.
    enum Granularity {
        /// Up to so many times that it was taken.
        case samples(UInt64)
        /// A run of even distances.
        case run
        /// All of it.
        case whole
    }

    let events: [Event]

    init(_ profile: Profile, _ granularity: Granularity) {
        var events: [Event] = []
        for (position, sample) in profile.samples.enumerated() {
            let value = sample.values[sample.values.startIndex + profile.writtenType]
            guard value > 0 else { continue }
            let parts = SampleParts(sample, countedBy: profile.sampleTypes.firstIndex(of: .samples), value: value)
            parts.split(granularity) { time, count, value in
                events.append(Event(time: time, sample: position, count: count, value: value))
            }
        }
        // Stable: equal times stay in the order of the samples.
        self.events = events.enumerated().sorted { left, right in
            let (first, second) = (left.element.time ?? 0, right.element.time ?? 0)
            return first == second ? left.offset < right.offset : first < second
        }.map(\.element)
    }

    /// How many times a sample was taken, as far as that is known; 0 of one that is left out.
    static func count(of sample: Profile.Sample, in profile: Profile) -> UInt64 {
        let value = sample.values[sample.values.startIndex + profile.writtenType]
        guard value > 0 else { return 0 }
        return SampleParts(sample, countedBy: profile.sampleTypes.firstIndex(of: .samples), value: value).count
    }
}

/// A sample on its way to events.
private struct SampleParts {
    private let runs: [SampleRuns.Run]
    /// At least 1.
    let count: UInt64
    private let value: Int64

    /// - Parameter type: the position of the type that counts samples, if the profile has it.
    init(_ sample: Profile.Sample, countedBy type: Int?, value: Int64) {
        runs = sample.runs.all.sorted { $0.start < $1.start }
        self.value = value
        if runs.isEmpty {
            count = type.map { UInt64(clamping: max(1, sample.values[sample.values.startIndex + $0])) } ?? 1
        } else {
            count = runs.reduce(0) { sum, run in min(sum &+ run.count, 1 << 62) }
        }
    }

    func split(_ granularity: ProfileEvents.Granularity, _ body: (UInt64?, UInt64, Int64) -> Void) {
        switch granularity {
        case .whole: body(runs.first?.start, count, value)
        case .run:
            guard !runs.isEmpty else { return body(nil, count, value) }
            var begin: UInt64 = 0
            for run in runs {
                let end = min(count, begin + run.count)
                if end > begin { body(run.start, end - begin, share(begin, end)) }
                begin = end
            }
        case .samples(let each):
            var times = RunTimes(runs)
            var begin: UInt64 = 0
            while begin < count {
                let end = begin + min(max(1, each), count - begin)
                body(times.time(of: begin), end - begin, share(begin, end))
                begin = end
            }
        }
    }

    /// The part of the value from one sample to before another.
    private func share(_ begin: UInt64, _ end: UInt64) -> Int64 { share(end) - share(begin) }

    private func share(_ position: UInt64) -> Int64 {
        let (quotient, _) = count.dividingFullWidth(position.multipliedFullWidth(by: UInt64(value)))
        return Int64(clamping: quotient)
    }
}

/// The times of the samples of runs, asked for in their order.
private struct RunTimes {
    private let runs: [SampleRuns.Run]
    private var run = 0
    /// How many samples the runs before have.
    private var before: UInt64 = 0

    init(_ runs: [SampleRuns.Run]) { self.runs = runs }

    mutating func time(of sample: UInt64) -> UInt64? {
        while run < runs.count, sample - before >= runs[run].count {
            before += runs[run].count
            run += 1
        }
        guard run < runs.count else { return runs.last?.end }
        let (first, length) = (runs[run].start, runs[run].end - runs[run].start)
        let distances = runs[run].count - 1
        guard distances > 0 else { return first }
        return first + distances.dividingFullWidth((sample - before).multipliedFullWidth(by: length)).quotient
    }
}
