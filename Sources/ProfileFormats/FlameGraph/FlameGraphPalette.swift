import Profiles
import SystemSupport

/// The colours of a flame graph: a family of shades per kind of frame, a shade per name.
///
/// All shades are light enough for the one dark text colour, on a light page and on a dark one.
enum FlameGraphPalette {
    private static let shadeCount = 10

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
        label.change.map(ChangePalette.styleClass)
            ?? family(for: label.kind).letter + String(shade(of: label.name.text))
    }

    /// The class and the description of a kind, for the legend.
    static func legend(for kind: CallTree.RowKind) -> (styleClass: String, text: String) {
        let family = family(for: kind)
        return ("\(family.letter)\(shadeCount / 2)", family.legend)
    }

    /// The style rules of all classes.
    static var styleSheet: String { CallTree.RowKind.allCases.map { rules(for: family(for: $0)) }.joined() }

    private static func family(for kind: CallTree.RowKind) -> Family {
        switch kind {
        case .group: Family(letter: "r", legend: "", hues: 200...200, saturation: 14, lightness: 80...84)
        case .native: Family(letter: "n", legend: "native", hues: 22...46, saturation: 92, lightness: 62...70)
        case .inlined: Family(letter: "i", legend: "inlined", hues: 48...58, saturation: 82, lightness: 72...80)
        case .kernel: Family(letter: "k", legend: "kernel", hues: 204...222, saturation: 78, lightness: 68...76)
        case .jit: Family(letter: "j", legend: "JIT", hues: 96...138, saturation: 48, lightness: 68...76)
        case .unknown: Family(letter: "u", legend: "unknown", hues: 210...210, saturation: 6, lightness: 70...78)
        case .truncated: Family(letter: "m", legend: "truncated", hues: 350...358, saturation: 80, lightness: 74...78)
        }
    }

    private static func rules(for family: Family) -> String {
        (0..<shadeCount).map { shade in
            // Three and ten have no common divisor, so neighbouring hues differ in lightness too.
            let hue = point(shade, in: family.hues)
            let lightness = point(shade * 3 % shadeCount, in: family.lightness)
            return ".sonde .\(family.letter)\(shade){fill:hsl(\(hue),\(family.saturation)%,\(lightness)%)}\n"
        }.joined()
    }

    private static func point(_ shade: Int, in range: ClosedRange<Int>) -> Int {
        range.lowerBound + (range.upperBound - range.lowerBound) * shade / (shadeCount - 1)
    }

    /// The upper half of the hash is the better mixed.
    private static func shade(of name: String) -> UInt64 { (FNV1a.hash(name.utf8) >> 32) % UInt64(shadeCount) }
}
