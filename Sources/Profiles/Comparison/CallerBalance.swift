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

    private let caller: ShareChange
    private var grown = Side()
    private var shrunk = Side()
    /// Those of them that are new or gone.
    private var appeared = Side()
    private var vanished = Side()

    /// - Parameters:
    ///   - parts: their changes.
    ///   - caller: the change of its total.
    ///   - threshold: up to which probability a change is significant.
    init(_ parts: [ShareChange], of caller: ShareChange, threshold: Double) {
        self.caller = caller
        for (part, change) in parts.enumerated() where change.probability <= threshold {
            let size = abs(change.scaledDifference)
            let isReplacement = Self.isReplacement(change)
            if change.scaledDifference > 0 {
                grown.add(part, size)
                if isReplacement { appeared.add(part, size) }
            } else {
                shrunk.add(part, size)
                if isReplacement { vanished.add(part, size) }
            }
        }
    }

    /// The position of the part that makes up for most of the change of another part; `nil` where that is no move.
    func counterpart(of change: ShareChange) -> Int? {
        guard isSteady(against: change) else { return nil }
        let isGrowth = change.scaledDifference > 0
        // Where the caller is nearly everything, shares that grow make others shrink: only what was replaced by as much
        // moved.
        let isEverything = min(caller.before, caller.after) > Self.wholeShare
        let needsReplacement = isEverything && !Self.isReplacement(change)
        let others =
            switch (isGrowth, needsReplacement) {
            case (true, false): shrunk
            case (true, true): vanished
            case (false, false): grown
            case (false, true): appeared
            }
        let size = abs(change.scaledDifference)
        guard others.sum >= Self.compensation * size else { return nil }
        return !isEverything || size >= Self.compensation * others.sum ? others.greatest?.part : nil
    }

    private func isSteady(against change: ShareChange) -> Bool {
        caller.probability > Self.leastProbability
            || abs(caller.scaledDifference) < Self.steadiness * abs(change.scaledDifference)
    }

    private static func isReplacement(_ change: ShareChange) -> Bool {
        min(change.before, change.after) <= remnant * max(change.before, change.after)
    }
}
