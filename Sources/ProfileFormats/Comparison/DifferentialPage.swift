import ProfileModel
package import Profiles
import Statistics
import SystemSupport

/// What differs between two profiles as one interactive page that needs nothing else: flame graphs whose colours say what
/// became of each function with all that it calls, and a table of the functions.
///
/// A browser that opens it sends no request, as with `HTMLPage`.
package struct DifferentialPage: Sendable {
    private let comparison: ProfileComparison
    private let side: ComparedSide
    private let orientation: FlameGraph.Orientation

    /// What the page shows when it opens; a reader can change both.
    ///
    /// - Parameters:
    ///   - side: the profile whose shares are the widths.
    ///   - orientation: where roots are.
    package init(
        _ comparison: ProfileComparison, widths side: ComparedSide = .after,
        orientation: FlameGraph.Orientation = .flames
    ) {
        self.comparison = comparison
        self.side = side
        self.orientation = orientation
    }

    /// The HTML file, in UTF-8.
    package var bytes: [UInt8] {
        get throws(RenderingError) {
            let tables = ComparedTables(comparison)
            return try PageDocument(
                caption: FlameGraphCaption(comparison, widths: side), facts: facts,
                warnings: comparison.warnings.map(\.description), attributes: attributes,
                tables: [("tables", tables.tables.columns.text), ("changes", tables.changes.text)]
            ).bytes
        }
    }

    private var attributes: [(name: String, value: String)] {
        [
            ("unit", printable(comparison.sampleType.unit.name, limit: 32)), ("grouping", "-1"),
            ("orientation", orientation == .flames ? "flames" : "icicles"), ("colours", "change"),
            ("widths", side.rawValue), ("verdicts", ChangePalette.descriptions.joined(separator: "|")),
            ("timed", "false"), ("time-unit", "1000"), ("duration", "0"), ("start", ""), ("period", ""),
        ]
    }

    private var facts: [PageFacts.Fact] {
        let differing = comparison.functions.count { $0.verdict != .chance }
        let facts = [
            ("Before", Self.text(comparison.before)), ("After", Self.text(comparison.after)),
            (
                "Compared",
                "\(comparison.measure.rawValue) shares of \(printable(comparison.sampleType.name, limit: 32))"
            ),
            ("Functions", "\(NumberText.count(comparison.functions.count, "function")), of which \(differing) differ"),
            ("Scale", ComparisonTable.scale(of: comparison)),
        ]
        return facts.map { PageFacts.Fact(term: $0.0, description: $0.1) }
    }

    private static func text(_ recording: ComparedRecording) -> String {
        "\(FlameGraphCaption.title(recording.metadata)): \(FlameGraphCaption.facts(recording))"
    }
}

/// A function, whatever its objects, or a process.
private struct ComparedFunction: Hashable {
    let name: Spelling
    let kind: CallTree.RowKind

    init(name: Spelling, kind: CallTree.RowKind) {
        self.name = name
        self.kind = kind == .inlined ? .native : kind
    }
}

/// The tables of a comparison's page.
private struct ComparedTables {
    let tables: PageTables
    /// Of each sample its value before; of each node the place of its colour and what is said of it; of each row, or of
    /// function, the same and the cells of the table.
    let changes: PageColumns

    init(_ comparison: ProfileComparison) {
        let compared = comparison.tree.comparedNodes(weight: { UInt64(clamping: $0) })
        var objects: [ComparedFunction: Set<Spelling>] = [:]
        for node in compared { objects[node.function, default: []].formUnion(node.objects) }
        var (rows, nodes) = (Table<PageTables.Row>(), Table<PageTables.Node>())
        var places: [Table<PageTables.Node>.Index?] = []
        var samples: [PageTables.Sample] = []
        var valuesBefore: [UInt64] = []
        for node in compared {
            let function = node.function
            let row = rows.index(
                adding: PageTables.Row(
                    name: function.name, kind: function.kind, object: Self.object(objects[function] ?? [])))
            let place = node.caller.map { caller in
                nodes.index(
                    adding: PageTables.Node(caller: places[caller], row: row, isInlined: node.label.kind == .inlined))
            }
            places.append(place)
            guard node.ownBefore > 0 || node.ownAfter > 0 else { continue }
            valuesBefore.append(node.ownBefore)
            samples.append(
                PageTables.Sample(node: place, thread: 0, truncation: nil, value: node.ownAfter, runs: SampleRuns()))
        }
        tables = PageTables(rows: rows, nodes: nodes, samples: samples)
        var changes = ChangeColumns(comparison, rows)
        changes.append(valuesBefore: valuesBefore, nodes: compared.dropFirst().map(\.change))
        changes.appendRows()
        self.changes = changes.columns
    }

    private static func object(_ paths: Set<Spelling>) -> Spelling? {
        paths.count > 1 ? Spelling(ObjectName.list(paths.sorted())) : paths.first
    }
}

/// What became of samples, nodes and rows, as a page reads it.
private struct ChangeColumns {
    var columns: PageColumns {
        var columns = PageColumns()
        columns.append(texts: texts.rows.map(\.text))
        for numbers in numbers { columns.append(numbers) }
        return columns
    }

    private let functions: [FunctionChange]
    /// Of each row the position of its function; `nil` of a process.
    private let positions: [Int?]
    private var texts = Table<Spelling>()
    private var numbers: [[UInt64]] = []

    init(_ comparison: ProfileComparison, _ rows: Table<PageTables.Row>) {
        functions = comparison.functions
        let known = Dictionary(
            uniqueKeysWithValues: functions.enumerated().map { position, function in
                (ComparedFunction(name: Spelling(function.name), kind: function.kind), position)
            })
        positions = rows.rows.map { known[ComparedFunction(name: $0.name, kind: $0.kind)] }
    }

    mutating func append(valuesBefore: [UInt64], nodes: [NodeChange]) {
        numbers += [valuesBefore, nodes.map { UInt64(ChangePalette.place(of: $0)) }]
        append(nodes.map(\.details))
    }

    mutating func appendRows() {
        let ranks = probabilityRanks
        numbers += [
            positions.map { $0.map { UInt64($0) + 1 } ?? 0 }, positions.map { $0.map { UInt64(ranks[$0]) + 1 } ?? 0 },
            positions.map { position in
                position.map { functions[$0] }
                    .map { UInt64(ChangePalette.place(of: $0.change, $0.verdict.colour)) } ?? 0
            },
        ]
        appendCells { ShareChangeText.share($0.change.before) }
        appendCells { ShareChangeText.share($0.change.after) }
        appendCells { ShareChangeText.change($0.change) }
        appendCells { ShareChangeText.probability($0.change.probability) }
        appendCells { $0.verdict.word + $0.verdict.place($0.change) }
    }

    /// Of each function its place by probability.
    private var probabilityRanks: [Int] {
        let order = functions.indices.sorted {
            (functions[$0].change.probability, $0) < (functions[$1].change.probability, $1)
        }
        var ranks = Array(repeating: 0, count: functions.count)
        for (rank, function) in order.enumerated() { ranks[function] = rank }
        return ranks
    }

    private mutating func appendCells(_ text: (FunctionChange) -> String) {
        append(positions.map { $0.map { text(functions[$0]) } ?? "" })
    }

    private mutating func append(_ cells: [String]) {
        numbers.append(cells.map { UInt64(texts.index(adding: Spelling($0)).position) })
    }
}

extension ComparedNode {
    fileprivate var function: ComparedFunction { ComparedFunction(name: label.name, kind: label.kind) }
}
