import ProfileModel
import Profiles
import Sampling

/// Makes a profile of collected stacks: resolves every address to its symbol.
struct ProfileAssembly {
    let metadata: ProfileMetadata
    let names: FrameNames

    func profile(of outcome: SamplingSession.Outcome) -> Profile {
        var metadata = metadata
        metadata.counts = counts(outcome)
        var profile = Profile(metadata: metadata)
        for stack in outcome.stacks {
            profile.add(stack: frames(of: stack), thread: stack.thread, weight: weight(of: stack))
        }
        return profile
    }

    /// Samples; in off-CPU mode microseconds, at least one per stack.
    private func weight(of stack: CollectedStack) -> UInt64 {
        metadata.mode == .offCPU ? max(1, (stack.weight + 500) / 1000) : stack.weight
    }

    /// The object file with the most frames that have no name.
    func leastNamedObject(in outcome: SamplingSession.Outcome) -> String? {
        var weights: [String: UInt64] = [:]
        for stack in outcome.stacks {
            for frame in stack.frames.flatMap(names.frames) where frame.kind == .unknown {
                if let object = frame.object { weights[object, default: 0] += stack.count }
            }
        }
        return weights.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    /// The frames with names, leaf first; a truncated stack has a marker frame where the root would be.
    private func frames(of stack: CollectedStack) -> [Frame] {
        var frames: [Frame] = []
        for location in stack.frames { frames += names.frames(at: location) }
        if let reason = stack.ending.truncation {
            frames.append(Frame(name: "[truncated: \(reason.label)]", kind: .marker, object: nil))
        }
        return frames
    }

    private func counts(_ outcome: SamplingSession.Outcome) -> SampleCounts {
        var counts = SampleCounts()
        counts.samples = outcome.stacks.reduce(0) { $0 + $1.count }
        counts.lateTicks = UInt64(outcome.statistics.lateTicks)
        counts.missedTicks = UInt64(outcome.statistics.missedTicks)
        counts.dropped = UInt64(outcome.statistics.losses.values.reduce(0, +))
        for stack in outcome.stacks {
            if let reason = stack.ending.truncation { counts.truncated[reason.label, default: 0] += stack.count }
            let unknown = stack.frames.reduce(UInt64(0)) { sum, location in
                sum + (names.frames(at: location).contains { $0.kind == .unknown } ? 1 : 0)
            }
            counts.unknownSymbols += unknown * stack.count
        }
        return counts
    }
}
