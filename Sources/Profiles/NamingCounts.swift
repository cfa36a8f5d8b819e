internal import ProfileModel

/// How many of some frames have names; each frame counts once for each sample that it is in.
package struct NamingCounts: Hashable, Sendable {
    package private(set) var frames: UInt64 = 0
    /// Those in generated code that nothing names.
    package private(set) var anonymous: UInt64 = 0
    /// Those in the kernel that nothing names.
    package private(set) var unnamedInKernel: UInt64 = 0
    /// Those without a symbol, by the path of the object file.
    package private(set) var unnamedByPath: [String: UInt64] = [:]

    private enum Code {
        case named
        case anonymous
        case kernel
        case unnamed(path: String)
    }

    private init(_ profile: Profile, _ codes: [Code], _ weights: [UInt64]) {
        for (stack, weight) in zip(profile.stacks.rows, weights) where weight > 0 {
            frames = frames.addingSaturated(weight)
            switch codes[stack.location.position] {
            case .named: break
            case .anonymous: anonymous = anonymous.addingSaturated(weight)
            case .kernel: unnamedInKernel = unnamedInKernel.addingSaturated(weight)
            case .unnamed(let path): unnamedByPath[path] = (unnamedByPath[path] ?? 0).addingSaturated(weight)
            }
        }
    }

    /// Of all frames, and of the innermost ones.
    package static func counts(of profile: Profile) -> (all: NamingCounts, innermost: NamingCounts) {
        let codes = profile.locations.rows.map { code(of: $0, in: profile) }
        var weights = [UInt64](repeating: 0, count: profile.stacks.rows.count)
        for sample in profile.samples {
            guard let stack = sample.stack else { continue }
            weights[stack.position] = weights[stack.position].addingSaturated(profile.count(of: sample))
        }
        let innermost = NamingCounts(profile, codes, weights)
        // A caller precedes its callees.
        for position in weights.indices.reversed() {
            guard let caller = profile.stacks.rows[position].caller else { continue }
            weights[caller.position] = weights[caller.position].addingSaturated(weights[position])
        }
        return (NamingCounts(profile, codes, weights), innermost)
    }

    /// Those in object files.
    package var withoutSymbol: UInt64 { unnamedByPath.values.reduce(0) { $0.addingSaturated($1) } }

    /// A part of the frames, 0 to 1.
    package func share(of part: UInt64) -> Double { frames == 0 ? 0 : Double(part) / Double(frames) }

    private static func code(of location: Profile.Location, in profile: Profile) -> Code {
        guard location.lines.contains(where: { profile.functions[$0.function].kind == .unknown }) else { return .named }
        switch location.position {
        case .object(let mapping, _): return .unnamed(path: profile[text: profile.mappings[mapping].path])
        case .process, .unknown: return .anonymous
        case .kernel: return .kernel
        }
    }
}
