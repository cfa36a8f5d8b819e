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

    /// The family of an object file, the same in all graphs.
    ///
    /// - Parameter name: its base name.
    static func family(ofObject name: String) -> Int { 1 + FlameGraphPalette.hash(name, below: hueCount) }

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
        let ranks = weights.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }.enumerated()
        // Seven and twenty have no common divisor, so all hues are used before one is used again.
        let families = Dictionary(uniqueKeysWithValues: ranks.map { ($1.key, 1 + $0 * 7 % hueCount) })
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
}
