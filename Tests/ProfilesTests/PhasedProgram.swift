import ProfileModel
import Profiles
import TestSupport

/// A program whose stacks have a share each in every kind of phase, and its recordings at 99 Hz.
struct PhasedProgram {
    typealias Stack = (rootFirst: [String], share: Double)

    private static let tickNanoseconds: UInt64 = 10_101_010

    let phases: [[Stack]]
    /// In samples.
    let meanPhase: Int

    /// One that works the same all the time.
    init(_ stacks: [Stack]) {
        phases = [stacks]
        meanPhase = 1
    }

    init(phases: [[Stack]], meanPhase: Int) {
        self.phases = phases
        self.meanPhase = meanPhase
    }

    /// A program of some fifty functions with up to three callers each, whose phases are random.
    init(meanPhase: Int, using random: inout SeededGenerator) {
        let stacks = (0..<50).map { function -> Stack in
            let callers = (0..<(1 + function % 3)).map { "caller\(function % 7)_\($0)" }
            return (["main"] + callers + ["f\(function)"], 1 / Double(function + 1))
        }
        phases = (0..<5).map { _ in
            stacks.map { ($0.rootFirst, $0.share * Double.random(in: 0.2..<5, using: &random)) }
        }
        self.meanPhase = meanPhase
    }

    /// - Parameter type: what is shown beside the number of samples.
    func record(
        _ count: Int, hasTimes: Bool = true, type: SampleType = .cpu, metadata: ProfileMetadata? = nil,
        using random: inout SeededGenerator
    ) -> Profile {
        let duration = UInt64(count) * Self.tickNanoseconds
        var metadata = metadata ?? SampleProfiles.metadata()
        metadata.durationNanoseconds = duration
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples, type], shown: .samples)
        let counter = StackCounter(phases)
        var runs = Array(repeating: SampleRuns(), count: phases.joined().count)
        var counts = Array(repeating: Int64(0), count: runs.count)
        var (phase, rest) = (0, 0)
        for tick in 0..<count {
            if rest == 0 {
                phase = Int.random(in: phases.indices, using: &random)
                rest = Int.random(in: 1...max(1, 2 * meanPhase - 1), using: &random)
            }
            rest -= 1
            let stack = counter.stack(in: phase, at: Double.random(in: 0..<1, using: &random))
            let time = UInt64(tick) * Self.tickNanoseconds
            runs[stack].append(SampleRuns.Run(start: time, end: time, count: 1))
            counts[stack] += 1
        }
        for (position, stack) in phases.joined().enumerated() {
            let locations = stack.rootFirst.map { name in
                builder.location(at: .process(Address(rawValue: 1)), frames: [SampleProfiles.frame(name)])
            }
            builder.add(
                stack: locations.reversed(), thread: ProfiledThread(SampleProfiles.thread()),
                values: [counts[position], counts[position] * Int64(Self.tickNanoseconds)],
                runs: hasTimes ? runs[position] : SampleRuns())
        }
        return builder.finish()
    }
}

/// Chooses stacks by their shares.
private struct StackCounter {
    private let limits: [[Double]]
    private let starts: [Int]

    init(_ phases: [[PhasedProgram.Stack]]) {
        limits = phases.map { stacks in
            let total = stacks.reduce(0) { $0 + $1.share }
            return stacks.reduce(into: [Double]()) { $0.append(($0.last ?? 0) + $1.share / total) }
        }
        starts = phases.indices.map { phases[..<$0].joined().count }
    }

    /// The position of a stack among those of all phases.
    func stack(in phase: Int, at place: Double) -> Int {
        let position = limits[phase].firstIndex { place < $0 } ?? limits[phase].count - 1
        return starts[phase] + position
    }
}
