internal import Statistics

/// Which of the functions that changed only moved, within a function that calls them or within themselves: code that was
/// inlined, taken out into a function of its own, or renamed.
struct FunctionMoves {
    /// A function called from another, or the other's own code.
    private struct Part: Hashable {
        let caller: Int
        /// `nil` for the caller's own code.
        let callee: Int?

        /// Whose code it is.
        var function: Int { callee ?? caller }
    }

    /// The parts of callers, by position.
    private struct Parts {
        private(set) var rows: [Part] = []
        private var positions: [Part: Int] = [:]

        mutating func position(adding part: Part) -> Int {
            if let known = positions[part] { return known }
            positions[part] = rows.count
            rows.append(part)
            return rows.count - 1
        }
    }

    /// A caller whose parts changed.
    private struct Caller {
        /// Their positions.
        let parts: [Int]
        let balance: CallerBalance
    }

    /// By the functions' positions in the table.
    private(set) var movements: [Int: Movement] = [:]

    private let comparison: ShareComparison
    private let measurement: PartMeasurement
    private let table: FunctionTable
    private let significant: [Int: ShareChange]
    private let threshold: Double

    init(
        _ comparison: ShareComparison, _ measurement: PartMeasurement, _ table: FunctionTable,
        significant: [Int: ShareChange], threshold: Double
    ) {
        self.comparison = comparison
        self.measurement = measurement
        self.table = table
        self.significant = significant
        self.threshold = threshold
        guard !significant.isEmpty else { return }
        find()
    }

    private mutating func find() {
        let functions = candidates()
        let (parts, changes) = changes(below: functions)
        let callers = callers(functions, parts, changes)
        // By caller, so that of equal moves the choice is the same each time.
        let partsOfFunctions = Dictionary(
            grouping: parts.rows.indices.sorted { parts.rows[$0].caller < parts.rows[$1].caller }
        ) { parts.rows[$0].function }
        for (function, change) in significant {
            let moves = (partsOfFunctions[function] ?? []).compactMap {
                position -> (movement: Movement, size: Double)? in
                let caller = parts.rows[position].caller
                guard Self.explains(changes[position], change), let found = callers[caller],
                    let place = found.parts.firstIndex(of: position),
                    let counterpart = found.balance.counterpart(of: place)
                else { return nil }
                let other = parts.rows[found.parts[counterpart]]
                return (movement(to: other, below: caller), abs(changes[position].scaledDifference))
            }
            movements[function] = moves.max { $0.size < $1.size }?.movement
        }
        followMoves(parts, changes)
    }

    /// What a function calls moves with it.
    private mutating func followMoves(_ parts: Parts, _ changes: [ShareChange]) {
        let partsOfCallers = Dictionary(grouping: parts.rows.indices) { parts.rows[$0].caller }
        var pending = movements.keys.sorted()
        while let moved = pending.popLast() {
            guard let movement = movements[moved] else { continue }
            for position in partsOfCallers[moved] ?? [] {
                guard let function = parts.rows[position].callee, movements[function] == nil,
                    let change = significant[function], Self.explains(changes[position], change)
                else { continue }
                movements[function] = movement
                pending.append(function)
            }
        }
    }

    /// Whether the change of a function below one caller is most of its change.
    private static func explains(_ part: ShareChange, _ whole: ShareChange) -> Bool {
        part.scaledDifference.sign == whole.scaledDifference.sign
            && abs(part.scaledDifference) >= 0.75 * abs(whole.scaledDifference)
    }

    private func movement(to part: Part, below caller: Int) -> Movement {
        let counterpart: Movement.Counterpart =
            part.callee.map { .function(table.labels.rows[$0].name.text) } ?? .callersOwnCode
        return Movement(counterpart: counterpart, caller: table.labels.rows[caller].name.text)
    }

    // MARK: - Measurements

    /// The functions that changed, and their callers.
    private func candidates() -> Set<Int> {
        var callers = Set(significant.keys)
        for (node, position) in table.positions.enumerated() where significant[position] != nil {
            guard let caller = measurement.paired.tree.nodes[node].caller else { continue }
            callers.insert(table.positions[caller.position])
        }
        return callers
    }

    private func callers(_ functions: Set<Int>, _ parts: Parts, _ changes: [ShareChange]) -> [Int: Caller] {
        let totals = totals(of: functions)
        var partsByCaller: [Int: [Int]] = [:]
        for (position, part) in parts.rows.enumerated() { partsByCaller[part.caller, default: []].append(position) }
        return totals.reduce(into: [:]) { callers, caller in
            let positions = partsByCaller[caller.key] ?? []
            callers[caller.key] = Caller(
                parts: positions,
                balance: CallerBalance(
                    positions.map { changes[$0] }, own: positions.firstIndex { parts.rows[$0].callee == nil },
                    of: caller.value, threshold: threshold))
        }
    }

    private func totals(of callers: Set<Int>) -> [Int: ShareChange] {
        let index = PositionIndex(of: callers.sorted(), count: table.count)
        let pairs = measurement.pairs(count: callers.count) { node, body in
            measurement.paired.forEachNode(from: node) { node in
                if table.isOutermost[node], let place = index[table.positions[node]] { body(place) }
            }
        }
        return Dictionary(uniqueKeysWithValues: zip(index.positions, pairs.map(comparison.change)))
    }

    private func changes(below callers: Set<Int>) -> (Parts, [ShareChange]) {
        let tree = measurement.paired.tree
        var parts = Parts()
        // Of each node, its place below its caller, and its own code.
        var called: [Int?] = Array(repeating: nil, count: tree.nodes.count)
        var own = called
        for (node, position) in table.positions.enumerated() {
            if callers.contains(position), table.isOutermost[node] {
                own[node] = parts.position(adding: Part(caller: position, callee: nil))
            }
            guard let caller = tree.nodes[node].caller?.position, table.isOutermost[caller],
                callers.contains(table.positions[caller])
            else { continue }
            called[node] = parts.position(adding: Part(caller: table.positions[caller], callee: position))
        }
        let pairs = measurement.pairs(count: parts.rows.count) { leaf, body in
            if let part = own[leaf] { body(part) }
            measurement.paired.forEachNode(from: leaf) { node in
                if let part = called[node] { body(part) }
            }
        }
        return (parts, pairs.map(comparison.change))
    }
}
