package import Statistics

/// What became of a part of a profile, such as a function.
package enum ChangeVerdict: Hashable, Sendable {
    /// Chance explains the difference.
    case chance
    case grew
    case shrank
    /// Not in the first profile.
    case new
    /// Not in the second profile.
    case gone
    /// What the part lost, other parts below the same caller gained, or the reverse.
    case moved(Movement)

    /// Apart from moves.
    init(_ change: ShareChange) {
        if change.before == 0 {
            self = .new
        } else if change.after == 0 {
            self = .gone
        } else {
            self = change.scaledDifference > 0 ? .grew : .shrank
        }
    }
}

/// Where something moved to or from.
package struct Movement: Hashable, Sendable {
    /// The part that gained or lost the most of it: a function, or the caller's own code.
    package let counterpart: Counterpart
    /// The caller whose total stayed the same.
    package let caller: String

    package enum Counterpart: Hashable, Sendable {
        case function(String)
        case callersOwnCode
    }

    package init(counterpart: Counterpart, caller: String) {
        self.counterpart = counterpart
        self.caller = caller
    }
}

/// How a function's share differs between two profiles.
package struct FunctionChange: Hashable, Sendable {
    package let name: String
    /// Never `inlined`: an inlined call of a function counts as the function.
    package let kind: CallTree.RowKind
    /// Samples.
    package let eventsBefore: Double
    package let eventsAfter: Double
    package let change: ShareChange
    package internal(set) var verdict: ChangeVerdict

    /// By how much the share differs at least.
    var certainDifference: Double { max(0, abs(change.scaledDifference) - change.margin) }
}

/// Tests all functions of two profiles.
struct FunctionChanges {
    private var changes: [FunctionChange] = []

    init(
        _ comparison: ShareComparison, _ measurement: PartMeasurement, _ table: FunctionTable, own: [RecordedPair],
        measure: ProfileComparison.Measure
    ) {
        let pairs =
            switch measure {
            case .own: own
            case .total: Self.totals(measurement, table)
            }
        let all = pairs.map(comparison.change)
        let tested = measurement.testedParts(of: pairs).filter(table.isFunction)
        let threshold = DiscoveryRate.threshold(
            of: tested.map { all[$0].test }, rate: ProfileComparison.discoveryRate)
        let significant = Set(
            tested.filter { position in
                all[position].isVisible && threshold.map { all[position].probability <= $0 } ?? false
            })
        let moves = FunctionMoves(
            comparison, measurement, table, significant: significant.reduce(into: [:]) { $0[$1] = all[$1] },
            threshold: threshold ?? 0
        ).movements
        for (position, label) in table.labels.rows.enumerated() where table.isFunction(position) {
            let pair = pairs[position]
            guard pair.before.events + pair.after.events > 0 else { continue }
            let verdict: ChangeVerdict =
                if !significant.contains(position) {
                    .chance
                } else if let move = moves[position] {
                    .moved(move)
                } else {
                    ChangeVerdict(all[position])
                }
            changes.append(
                FunctionChange(
                    name: label.name.text, kind: label.kind, eventsBefore: pair.before.events,
                    eventsAfter: pair.after.events, change: all[position], verdict: verdict))
        }
    }

    var sorted: [FunctionChange] { changes.sorted(by: Self.isBefore) }

    private static func isBefore(_ left: FunctionChange, _ right: FunctionChange) -> Bool {
        let isLeftChance = left.verdict == .chance
        guard isLeftChance == (right.verdict == .chance) else { return !isLeftChance }
        if !isLeftChance, left.certainDifference != right.certainDifference {
            return left.certainDifference > right.certainDifference
        }
        if left.change.probability != right.change.probability {
            return left.change.probability < right.change.probability
        }
        let names = (Spelling(left.name), Spelling(right.name))
        return names.0 == names.1 ? left.kind.rawValue < right.kind.rawValue : names.0 < names.1
    }

    private static func totals(_ measurement: PartMeasurement, _ table: FunctionTable) -> [RecordedPair] {
        measurement.pairs(count: table.count) { node, body in
            measurement.paired.forEachNode(from: node) { node in
                if table.isOutermost[node] { body(table.positions[node]) }
            }
        }
    }
}
