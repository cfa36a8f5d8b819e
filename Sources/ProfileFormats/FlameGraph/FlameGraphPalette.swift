import Profiles
import SystemSupport

/// The colours of a flame graph: a family of shades per kind of frame, a shade per name.
///
/// All shades are light enough for the one dark text colour, on a light page and on a dark one.
enum FlameGraphPalette {
    static let shadeCount = 10

    /// A family of shades, spread evenly over a range of hues and of lightness.
    private struct Family {
        let letter: String
        let legend: String
        let hues: ClosedRange<Int>
        let saturation: Int
        let lightness: ClosedRange<Int>
    }

    /// The class of a label's box, such as `n3`.
    static func styleClass(for label: CallTree.Label) -> String {
        family(for: label.kind).letter + String(shade(of: label.name.text))
    }

    /// The style rules of all classes.
    static var styleSheet: String {
        CallTree.RowKind.allCases.flatMap { kind in
            (0..<shadeCount).map { shade in
                let family = family(for: kind)
                return ".sonde .\(family.letter)\(shade){fill:\(colour(of: shade, in: family))}\n"
            }
        }.joined()
    }

    /// Of all kinds' shades, as `colours` has them, the one of a label's box; behind them those of changes.
    static func place(of label: CallTree.Label) -> Int {
        if let change = label.change { return colours.count + ChangePalette.place(of: change) }
        return (CallTree.RowKind.allCases.firstIndex(of: label.kind) ?? 0) * shadeCount
            + shade(of: label.name.text)
    }

    /// All shades, kind by kind, as `#rrggbb`.
    static let colours: [String] = CallTree.RowKind.allCases.flatMap { kind in
        (0..<shadeCount).map { colour(of: $0, in: family(for: kind)) }
    }

    /// The shades of kinds, and those of changes.
    static let allColours = colours + ChangePalette.colours

    /// Which family of shades one is of.
    static func family(atPlace place: Int) -> Int { place / shadeCount }

    /// The colour and the description of a kind, for the legend.
    static func legendEntry(for kind: CallTree.RowKind) -> (colour: String, text: String) {
        let family = family(for: kind)
        return (colour(of: shadeCount / 2, in: family), family.legend)
    }

    private static func family(for kind: CallTree.RowKind) -> Family {
        switch kind {
        case .group: Family(letter: "r", legend: "", hues: 200...200, saturation: 14, lightness: 80...84)
        case .native: Family(letter: "n", legend: "native", hues: 22...46, saturation: 92, lightness: 62...70)
        case .inlined: Family(letter: "i", legend: "inlined", hues: 48...58, saturation: 82, lightness: 72...80)
        case .kernel: Family(letter: "k", legend: "kernel", hues: 204...222, saturation: 78, lightness: 68...76)
        case .jit: Family(letter: "j", legend: "JIT", hues: 96...138, saturation: 48, lightness: 68...76)
        case .python: Family(letter: "p", legend: "Python", hues: 160...178, saturation: 48, lightness: 66...74)
        case .unknown: Family(letter: "u", legend: "unknown", hues: 210...210, saturation: 6, lightness: 70...78)
        case .truncated: Family(letter: "m", legend: "truncated", hues: 350...358, saturation: 80, lightness: 74...78)
        }
    }

    private static func colour(of shade: Int, in family: Family) -> String {
        // Three and ten have no common divisor, so neighbouring hues differ in lightness too.
        let lightness = point(shade * 3 % shadeCount, in: family.lightness)
        return hexadecimal(hue: point(shade, in: family.hues), saturation: family.saturation, lightness: lightness)
    }

    /// CSS Color 4, section 7.1; saturation and lightness in percent.
    static func hexadecimal(hue: Int, saturation: Int, lightness: Int) -> String {
        let chroma = saturation * min(lightness, 100 - lightness)
        return [0, 8, 4].reduce(into: "#") { text, offset in
            // In thousandths of the twelve parts of the circle.
            let place = (offset * 1_000 + hue * 1_000 / 30) % 12_000
            let share = max(-1_000, min(place - 3_000, 9_000 - place, 1_000))
            let level = (lightness * 100_000 - chroma * share) * 255 / 10_000_000
            text += (level < 16 ? "0" : "") + String(level, radix: 16)
        }
    }

    static func point(_ shade: Int, in range: ClosedRange<Int>) -> Int {
        range.lowerBound + (range.upperBound - range.lowerBound) * shade / (shadeCount - 1)
    }

    static func shade(of name: String) -> Int { hash(name, below: shadeCount) }

    /// The upper half of the hash is the better mixed.
    static func hash(_ name: String, below count: Int) -> Int {
        Int((FNV1a.hash(name.utf8) >> 32) % UInt64(count))
    }
}
