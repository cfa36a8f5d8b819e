import Profiles
import Statistics

/// The colours of a differential flame graph: red grew, blue shrank, violet moved, grey is no more than chance; the
/// stronger, the greater the part of a share that changed.
enum ChangePalette {
    /// Families of as many shades as other colours have.
    private static let families:
        [(verdict: NodeChange.Verdict, hue: Int, saturation: Int, lightness: ClosedRange<Int>)] =
            [
                (.grew, 6, 88, 62...86), (.shrank, 212, 86, 64...88), (.moved, 280, 52, 72...84),
                (.chance, 210, 8, 84...84),
            ]

    /// All shades, family by family, the palest first.
    static let colours: [String] = families.flatMap { family in
        (0..<FlameGraphPalette.shadeCount).map { shade in
            let range = family.lightness
            let lightness =
                range.upperBound - (range.upperBound - range.lowerBound) * shade / (FlameGraphPalette.shadeCount - 1)
            return FlameGraphPalette.hexadecimal(hue: family.hue, saturation: family.saturation, lightness: lightness)
        }
    }

    /// The style rules of all classes, such as `c3`.
    static var styleSheet: String {
        colours.enumerated().map { ".sonde .c\($0.offset){fill:\($0.element)}\n" }.joined()
    }

    /// What each family of shades stands for.
    static var descriptions: [String] { families.map { words(for: $0.verdict) } }

    /// Of `colours`, the one of a node's box.
    static func place(of change: NodeChange) -> Int { place(of: change.share, change.verdict) }

    static func place(of share: ShareChange, _ verdict: NodeChange.Verdict) -> Int {
        let family = families.firstIndex { $0.verdict == verdict } ?? 0
        let reference = max(share.after, share.after - share.scaledDifference)
        let part = reference > 0 ? min(1, abs(share.scaledDifference) / reference) : 0
        return (family * FlameGraphPalette.shadeCount) + Int(part * Double(FlameGraphPalette.shadeCount - 1))
    }

    /// The colours and the descriptions of the verdicts in a picture.
    static func legend(for verdicts: Set<NodeChange.Verdict>) -> [(colour: String, text: String)] {
        families.enumerated().filter { verdicts.contains($0.element.verdict) }.map { position, family in
            let colour = colours[position * FlameGraphPalette.shadeCount + FlameGraphPalette.shadeCount / 2]
            return (colour, words(for: family.verdict))
        }
    }

    private static func words(for verdict: NodeChange.Verdict) -> String {
        switch verdict {
        case .grew: "grew"
        case .shrank: "shrank"
        case .moved: "moved within its caller"
        case .chance: "no more than chance"
        }
    }
}

extension NodeChange {
    /// `1.20% → 3.40%, grew: +2.20 ±0.31`, in percentage points.
    var text: String {
        "\(ShareChangeText.share(share.before)) → \(ShareChangeText.share(share.after)), "
            + "\(verdict == .chance ? "no more than chance" : verdict.rawValue): \(ShareChangeText.change(share))"
    }

    /// The same with its probability.
    var details: String { "\(text), p \(ShareChangeText.probability(share.probability))" }
}
