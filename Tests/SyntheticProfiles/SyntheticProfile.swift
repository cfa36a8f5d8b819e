import ProfileModel
package import Profiles
import TestSupport

/// A made-up profile of a server with threads of several roles, whose load changes over time.
///
/// The same parameters give the same profile.
package struct SyntheticProfile {
    package var rateHertz = 19
    package var hours = 24.0
    /// Threads that are sampled at each tick.
    package var running = 2
    package var threads = 64
    package var stacks = 100_000
    package var functions = 20_000
    private let roles = 8

    package init() {}

    /// A day at 19 Hz on two cores: 3.3 million samples.
    package static var day: SyntheticProfile { SyntheticProfile() }

    /// A minute at 99 Hz.
    package static var minute: SyntheticProfile {
        var profile = SyntheticProfile()
        (profile.rateHertz, profile.hours, profile.threads) = (99, 1 / 60, 12)
        (profile.stacks, profile.functions) = (600, 300)
        return profile
    }

    package var profile: Profile {
        var random = SeededGenerator(state: 11)
        let seconds = hours * 3_600
        var metadata = ProfileMetadata(
            command: "synthetic-server --threads \(threads)", processes: [ProcessID(rawValue: 4242)],
            rateHertz: rateHertz, startNanoseconds: 1_785_220_442_000_000_000,
            durationNanoseconds: UInt64(seconds * 1e9))
        let ticks = Int(seconds * Double(rateHertz))
        metadata.counts = SampleCounts()
        metadata.counts?.samples = UInt64(ticks * running)
        metadata.counts?.truncated = ["frame_limit": UInt64(ticks / 200)]
        metadata.counts?.lost = ["queue_full": 12]
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples, .cpu], shown: .samples)
        let paths = stacks(in: &builder, &random)
        for (key, runs) in samples(ticks, &random).sorted(by: { $0.key < $1.key }) {
            let (stack, thread) = key.quotientAndRemainder(dividingBy: threads)
            let identity = ThreadIdentity(
                process: ProcessID(rawValue: 4242), thread: ThreadID(rawValue: Int32(4242 + thread)),
                name: "\(Self.roleNames[thread % roles]) \(thread / roles)", processName: "synthetic")
            builder.add(
                stack: paths[stack], thread: ProfiledThread(identity),
                truncation: stack % 200 == 7 ? "frame_limit" : nil,
                values: [Int64(runs.count), Int64(runs.count) * 1_000_000_000 / Int64(rateHertz)], runs: runs)
        }
        return builder.finish()
    }

    private static let roleNames = ["accept", "parser", "worker", "render", "storage", "compact", "gc", "log"]

    /// The runs of each stack and thread.
    private func samples(_ ticks: Int, _ random: inout SeededGenerator) -> [Int: SampleRuns] {
        var samples: [Int: SampleRuns] = [:]
        let period = 1_000_000_000 / UInt64(rateHertz)
        let perRole = stacks / roles
        for tick in 0..<ticks {
            for core in 0..<running {
                // Roles take turns, the later ones in bursts.
                let phase = (tick * 40 / max(1, ticks) + core) % 5
                let isInPhase = Int.random(in: 0..<10, using: &random) < 7
                let role = isInPhase ? phase : Int.random(in: 0..<roles, using: &random)
                // Few stacks are frequent, most are rare.
                let draw = Double.random(in: 0..<1, using: &random)
                let stack = min(perRole - 1, Int(Double(perRole) * draw * draw * draw)) * roles + role
                let thread = role + roles * Int.random(in: 0..<max(1, threads / roles), using: &random)
                let start = UInt64(tick) * period + UInt64.random(in: 0..<400_000, using: &random)
                samples[stack * threads + min(thread, threads - 1), default: SampleRuns()]
                    .append(SampleRuns.Run(start: start, end: start, count: 1))
            }
        }
        return samples
    }

    /// Stacks of up to some 60 frames, which share their outer frames.
    private func stacks(
        in builder: inout ProfileBuilder, _ random: inout SeededGenerator
    ) -> [[Profile.LocationIndex]] {
        let objects = (0..<40).map { builder.mapping(path: "/usr/lib/x86_64-linux-gnu/libpart\($0).so.1") }
        let kernel = builder.mapping(path: "[kernel]")
        let locations = (0..<functions).map { number in
            let isKernel = number % 23 == 0
            let frame = Frame(
                name: Self.name(number), kind: isKernel ? .kernel : number % 31 == 0 ? .jit : .native, object: nil)
            let position: Profile.Position =
                isKernel
                ? .kernel(kernel, Address(rawValue: UInt64(number)))
                : .object(objects[number % objects.count], FileAddress(rawValue: UInt64(number)))
            let inlined = Frame(name: Self.name(number + functions), kind: .native, object: nil)
            return builder.location(at: position, frames: number % 7 == 1 && !isKernel ? [inlined, frame] : [frame])
        }
        var paths = (0..<roles).map { [locations[$0 % functions], locations[functions / 2]] }
        while paths.count < stacks {
            let base = paths[(paths.count / roles - 1) / 3 * roles + paths.count % roles]
            let kept = Int.random(in: 2...max(2, base.count), using: &random)
            let added = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                let draw = Double.random(in: 0..<1, using: &random)
                return locations[Int(Double(functions) * draw * draw)]
            }
            paths.append(Array((base.prefix(min(kept + base.count / 2, base.count)) + added).prefix(60)))
        }
        return paths.map { $0.reversed() }
    }

    private static func name(_ number: Int) -> String {
        let words = [
            "parse", "read", "flush", "Index", "merge", "Cache", "lookup", "hash", "encode", "visit", "Queue", "wait",
        ]
        let (first, second) = (words[number % 12], words[number / 12 % 12])
        return switch number % 4 {
        case 0: "\(first)_\(second)_\(number)"
        case 1: "part::\(first)::\(second)\(number)(std::basic_string<char, std::char_traits<char> > const&, int)"
        case 2: "part::Map<std::string, part::Node<\(second)>>::\(first)\(number)()"
        default: "\(first).\(second)\(number)"
        }
    }
}
