internal import ProfileModel

/// How many of a profile's frames have names; each frame counts once for each sample that it is in.
package struct NamingCounts: Hashable, Sendable {
    /// All of them.
    package private(set) var frames: UInt64 = 0
    /// Those in generated code that nothing names.
    package private(set) var anonymous: UInt64 = 0
    /// Those without a symbol, by the path of the object file.
    package private(set) var unnamedByPath: [String: UInt64] = [:]

    private enum Code {
        case named
        case anonymous
        case unnamed(path: String)
    }

    package init(_ profile: Profile) {
        let codes = profile.locations.rows.map { Self.code(of: $0, in: profile) }
        for (stack, weight) in zip(profile.stacks.rows, Self.weights(of: profile)) {
            frames = frames.addingSaturated(weight)
            switch codes[stack.location.position] {
            case .named: break
            case .anonymous: anonymous = anonymous.addingSaturated(weight)
            case .unnamed(let path): unnamedByPath[path] = (unnamedByPath[path] ?? 0).addingSaturated(weight)
            }
        }
    }

    /// Those without a name, whatever the reason.
    package var unnamed: UInt64 { unnamedByPath.values.reduce(anonymous) { $0.addingSaturated($1) } }

    /// A part of all frames, 0 to 1.
    package func share(of part: UInt64) -> Double { frames == 0 ? 0 : Double(part) / Double(frames) }

    /// The paths of the object files with the most frames that have no name, each with its frames, in descending order.
    package var leastNamedObjects: [(path: String, frames: UInt64)] {
        unnamedByPath.map { (path: $0.key, frames: $0.value) }
            .sorted { ($1.frames, $0.path) < ($0.frames, $1.path) }
    }

    private static func code(of location: Profile.Location, in profile: Profile) -> Code {
        guard location.lines.contains(where: { profile.functions[$0.function].kind == .unknown }) else { return .named }
        switch location.position {
        case .object(let mapping, _): return .unnamed(path: profile[text: profile.mappings[mapping].path])
        case .process: return .anonymous
        case .kernel: return .named
        }
    }

    /// How many samples each row of the stack table is in.
    private static func weights(of profile: Profile) -> [UInt64] {
        var weights = [UInt64](repeating: 0, count: profile.stacks.rows.count)
        let type = profile.sampleTypes.firstIndex(of: .samples) ?? profile.shownType
        for sample in profile.samples {
            guard let stack = sample.stack else { continue }
            let count = UInt64(clamping: sample.values[sample.values.startIndex + type])
            weights[stack.position] = weights[stack.position].addingSaturated(count)
        }
        // A caller precedes its callees.
        for position in weights.indices.reversed() {
            guard let caller = profile.stacks.rows[position].caller else { continue }
            weights[caller.position] = weights[caller.position].addingSaturated(weights[position])
        }
        return weights
    }
}
