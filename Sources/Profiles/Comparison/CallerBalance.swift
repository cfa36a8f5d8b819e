internal import Statistics

/// How the parts of a caller changed against each other: its own code and what it calls.
///
/// A change of a part is a move within the caller when other parts changed by about as much in the other direction, and
/// the caller's total didn't change.
struct CallerBalance {
    /// So much of a change has to be made up for by others.
    private static let compensation = 0.75
    /// A caller's total that changes by more than this share of the part's change, and isn't likely by chance, changed.
    private static let steadiness = 0.25
    private static let leastProbability = 0.01
    /// A caller of so much of all samples has the same share whatever its parts do.
    private static let wholeShare = 0.9
    /// A part of at most this share of what it was or becomes was replaced.
    private static let remnant = 0.05

    /// Parts that changed in one direction.
    private struct Side {
        var sum = 0.0
        /// The position of the part that changed most.
        var greatest: (part: Int, size: Double)?

        mutating func add(_ part: Int, _ size: Double) {
            sum += size
            if size > greatest?.size ?? 0 { greatest = (part, size) }
        }
    }

    private let parts: [ShareChange]
    private let own: Int?
    private let caller: ShareChange
    private var grown = Side()
    private var shrunk = Side()

    /// - Parameters:
    ///   - parts: their changes.
    ///   - own: the position of the caller's own code; `nil` where it has none.
    ///   - caller: the change of its total.
    ///   - threshold: up to which probability a change is significant.
    init(_ parts: [ShareChange], own: Int?, of caller: ShareChange, threshold: Double) {
        self.parts = parts
        self.own = own
        self.caller = caller
        for (part, change) in parts.enumerated() where change.probability <= threshold && canMove(part) {
            let size = abs(change.scaledDifference)
            if change.scaledDifference > 0 { grown.add(part, size) } else { shrunk.add(part, size) }
        }
    }

    /// The position of the part that makes up for most of the change of the part at a position; `nil` where that is no
    /// move.
    func counterpart(of part: Int) -> Int? {
        let change = parts[part]
        guard canMove(part), isSteady(against: change) else { return nil }
        let others = change.scaledDifference > 0 ? shrunk : grown
        let size = abs(change.scaledDifference)
        guard others.sum >= Self.compensation * size else { return nil }
        return !isEverything || size >= Self.compensation * others.sum ? others.greatest?.part : nil
    }

    /// Whether the caller has the same share whatever its parts do.
    private var isEverything: Bool { min(caller.before, caller.after) > Self.wholeShare }

    /// Where the caller is nearly everything, shares that grow make others shrink: only what is new, gone, or the caller's
    /// own code moved.
    private func canMove(_ part: Int) -> Bool {
        !isEverything || part == own || Self.isReplacement(parts[part])
    }

    private func isSteady(against change: ShareChange) -> Bool {
        caller.probability > Self.leastProbability
            || abs(caller.scaledDifference) < Self.steadiness * abs(change.scaledDifference)
    }

    private static func isReplacement(_ change: ShareChange) -> Bool {
        min(change.before, change.after) <= remnant * max(change.before, change.after)
    }
}
