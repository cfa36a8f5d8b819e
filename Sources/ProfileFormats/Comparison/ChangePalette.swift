import Profiles
import Statistics

/// The colours of a differential flame graph: red grew, blue shrank, violet moved, grey is no more than chance; the
/// stronger, the greater the part of a share that changed.
enum ChangePalette {
    /// The parts of a share from which on a stronger shade stands for a change.
    private static let steps = [0.15, 0.35, 0.65]

    /// The class of a node's box, such as `g2`.
    static func styleClass(for change: NodeChange) -> String {
        switch change.verdict {
        case .chance: "c0"
        case .moved: "v0"
        case .grew: "g\(strength(of: change))"
        case .shrank: "s\(strength(of: change))"
        }
    }

    /// The classes and the descriptions of the verdicts in a picture.
    static func legend(for verdicts: Set<NodeChange.Verdict>) -> [(styleClass: String, text: String)] {
        let entries: [(NodeChange.Verdict, String, String)] = [
            (.grew, "g2", "grew"), (.shrank, "s2", "shrank"), (.moved, "v0", "moved within its caller"),
            (.chance, "c0", "no more than chance"),
        ]
        return entries.filter { verdicts.contains($0.0) }.map { ($0.1, $0.2) }
    }

    /// The style rules of all classes.
    static var styleSheet: String {
        let shades = (0...steps.count).map { step in
            """
            .sonde .g\(step){fill:hsl(6,88%,\(84 - 7 * step)%)}
            .sonde .s\(step){fill:hsl(212,86%,\(86 - 7 * step)%)}

            """
        }
        return shades.joined() + ".sonde .v0{fill:hsl(280,52%,79%)}\n.sonde .c0{fill:hsl(210,8%,84%)}\n"
    }

    private static func strength(of change: NodeChange) -> Int {
        let share = change.share
        let reference = max(share.after, share.after - share.scaledDifference)
        let part = reference > 0 ? abs(share.scaledDifference) / reference : 0
        return steps.count { part >= $0 }
    }
}

extension NodeChange {
    /// `1.20% → 3.40%, grew: +2.20 ±0.31`, in percentage points.
    var text: String {
        "\(ShareChangeText.share(share.before)) → \(ShareChangeText.share(share.after)), "
            + "\(verdict == .chance ? "no more than chance" : verdict.rawValue): \(ShareChangeText.change(share))"
    }
}
