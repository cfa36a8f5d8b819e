import Profiles
import SystemSupport

/// Colours that distinguish object files or threads: a family of shades for each of some hues, and a grey one for what
/// belongs to none of them or to several.
///
/// The hue of search hits is none of these.
enum HuePalette {
    static let hueCount = 20
    /// The grey family.
    static let neutral = 0

    /// All shades, family by family, as `#rrggbb`.
    static let colours: [String] = (0...hueCount).flatMap { family in
        (0..<FlameGraphPalette.shadeCount).map { colour(of: $0, inFamily: family) }
    }

    /// The style rules of all classes, such as `h3-7`.
    static var styleSheet: String {
        colours.enumerated().map { place, colour in
            let (family, shade) = place.quotientAndRemainder(dividingBy: FlameGraphPalette.shadeCount)
            return ".sonde .h\(family)-\(shade){fill:\(colour)}\n"
        }.joined()
    }

    /// Of `colours`, the one of a function's box.
    static func place(ofFamily family: Int, name: String) -> Int {
        family * FlameGraphPalette.shadeCount + FlameGraphPalette.shade(of: name)
    }

    static func middleColour(ofFamily family: Int) -> String {
        colours[family * FlameGraphPalette.shadeCount + FlameGraphPalette.shadeCount / 2]
    }

    /// The families of a profile's object files, by their base names.
    ///
    /// That of the name, the same in all profiles, unless a heavier file has it or a neighbouring one: then the next one
    /// that is free, of those with no such neighbour first.
    static func families(ofObjectsIn profile: Profile) -> [String: Int] {
        var (families, taken): ([String: Int], Set<Int>) = ([:], [])
        for name in ranked(profile.objectWeights) {
            let first = FlameGraphPalette.hash(name, below: hueCount)
            let free = steps(from: first).filter { !taken.contains($0) }
            let apart = free.first { !taken.contains($0 - 1) && !taken.contains($0 + 1) }
            let hue = apart ?? free.first ?? first
            taken.insert(hue)
            families[name] = 1 + hue
        }
        return families
    }

    /// All hues, each far from the one before it: seven and twenty have no common divisor.
    private static func steps(from first: Int) -> [Int] { (0..<hueCount).map { (first + $0 * 7) % hueCount } }

    /// The heaviest first.
    private static func ranked(_ weights: [String: UInt64]) -> [String] {
        weights.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }.map(\.key)
    }

    /// The families of a profile's threads: the heaviest ones have hues far from each other.
    ///
    /// - Parameter whole: the profile that has their weights.
    static func families(ofThreadsIn profile: Profile, rankedIn whole: Profile) -> [Int] {
        let names = whole.threadRowNames
        var weights: [String: UInt64] = [:]
        for sample in whole.samples {
            let value = UInt64(clamping: whole.shownValue(of: sample))
            weights[names[sample.thread.position], default: 0].addSaturating(value)
        }
        let hues = steps(from: 0)
        let ranks = ranked(weights).enumerated()
        let families = Dictionary(uniqueKeysWithValues: ranks.map { ($1, 1 + hues[$0 % hueCount]) })
        return profile.threadRowNames.map { families[$0] ?? neutral }
    }

    /// Neighbouring hues differ in saturation and lightness too.
    private static func colour(of shade: Int, inFamily family: Int) -> String {
        let isVivid = family.isMultiple(of: 2)
        let lightness = FlameGraphPalette.point(
            shade * 3 % FlameGraphPalette.shadeCount,
            in: family == neutral ? 74...82 : isVivid ? 70...76 : 78...84)
        return FlameGraphPalette.hexadecimal(
            hue: family == neutral ? 210 : (312 + family * 16) % 360,
            saturation: family == neutral ? 8 : isVivid ? 78 : 54, lightness: lightness)
    }
}

extension Profile {
    /// Of each thread the name that distinguishes it from others.
    var threadRowNames: [String] { threads.indices.map { Grouping.thread.rowName(for: thread(at: $0)) } }

    /// Of each object file, by its base name, the sum of what the stacks through each of its frames weigh.
    fileprivate var objectWeights: [String: UInt64] {
        var totals = Array(repeating: UInt64(0), count: stacks.count)
        for sample in samples {
            guard let stack = sample.stack else { continue }
            totals[stack.position].addSaturating(UInt64(clamping: shownValue(of: sample)))
        }
        var weights: [MappingIndex: UInt64] = [:]
        // A stack follows that of its caller.
        for (position, stack) in stacks.rows.enumerated().reversed() {
            if let caller = stack.caller { totals[caller.position].addSaturating(totals[position]) }
            guard let mapping = locations[stack.location].position.mapping else { continue }
            weights[mapping, default: 0].addSaturating(totals[position])
        }
        var named: [String: UInt64] = [:]
        for (mapping, weight) in weights {
            named[ObjectName.base(strings[mappings[mapping].path].text), default: 0].addSaturating(weight)
        }
        return named
    }
}
