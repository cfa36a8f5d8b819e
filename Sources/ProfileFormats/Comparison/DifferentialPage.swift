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

/// The tables of a comparison's page.
private struct ComparedTables {
    /// A function, whatever its objects, or a process.
    private struct Function: Hashable {
        let name: Spelling
        let kind: CallTree.RowKind

        init(_ label: CallTree.Label) {
            name = label.name
            kind = label.kind == .inlined ? .native : label.kind
        }
    }

    let tables: PageTables
    /// Of each sample its value before; of each node the place of its colour and what is said of it; of each row, or of
    /// function, the same and the cells of the table.
    let changes: PageColumns

    init(_ comparison: ProfileComparison) {
        let compared = comparison.tree.comparedNodes(weight: { UInt64(clamping: $0) })
        var objects: [Function: Set<Spelling>] = [:]
        for node in compared { objects[Function(node.label), default: []].formUnion(node.objects) }
        var (rows, nodes) = (Table<PageTables.Row>(), Table<PageTables.Node>())
        var places: [Table<PageTables.Node>.Index?] = []
        var samples: [PageTables.Sample] = []
        var valuesBefore: [UInt64] = []
        for node in compared {
            let function = Function(node.label)
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
        changes = Self.columns(comparison, compared.dropFirst().map(\.change), rows, valuesBefore)
    }

    private static func object(_ paths: Set<Spelling>) -> Spelling? {
        guard paths.count > 1 else { return paths.first }
        let names = paths.sorted().prefix(3).map { ObjectName.base($0.text) }.joined(separator: ", ")
        return Spelling(paths.count > 3 ? names + ", …" : names)
    }

    private static func columns(
        _ comparison: ProfileComparison, _ nodes: [NodeChange], _ rows: Table<PageTables.Row>, _ valuesBefore: [UInt64]
    ) -> PageColumns {
        let byProbability = comparison.functions.indices.sorted {
            (comparison.functions[$0].change.probability, $0) < (comparison.functions[$1].change.probability, $1)
        }
        var probabilityRanks = Array(repeating: 0, count: comparison.functions.count)
        for (rank, function) in byProbability.enumerated() { probabilityRanks[function] = rank }
        let positions = Dictionary(
            uniqueKeysWithValues: comparison.functions.enumerated().map { position, function in
                (Function(CallTree.Label(name: Spelling(function.name), kind: function.kind)), position)
            })
        let ofRows = rows.rows.map { row in positions[Function(CallTree.Label(name: row.name, kind: row.kind))] }
        func cells(_ text: (FunctionChange) -> String) -> [String] {
            ofRows.map { $0.map { text(comparison.functions[$0]) } ?? "" }
        }
        var texts = Table<Spelling>()
        func numbers(_ cells: [String]) -> [UInt64] {
            cells.map { UInt64(texts.index(adding: Spelling($0)).position) }
        }
        let nodeTexts = numbers(nodes.map(\.details))
        let cellNumbers = [
            cells { ShareChangeText.share($0.change.before) }, cells { ShareChangeText.share($0.change.after) },
            cells { ShareChangeText.change($0.change) }, cells { ShareChangeText.probability($0.change.probability) },
            cells { $0.verdict.word + $0.verdict.place($0.change) },
        ].map(numbers)
        var columns = PageColumns()
        columns.append(texts: texts.rows.map(\.text))
        columns.append(valuesBefore)
        columns.append(nodes.map { UInt64(ChangePalette.place(of: $0)) })
        columns.append(nodeTexts)
        columns.append(ofRows.map { $0.map { UInt64($0) + 1 } ?? 0 })
        columns.append(ofRows.map { $0.map { UInt64(probabilityRanks[$0]) + 1 } ?? 0 })
        columns.append(
            ofRows.map { position in
                position.map { comparison.functions[$0] }
                    .map { UInt64(ChangePalette.place(of: $0.change, $0.verdict.colour)) } ?? 0
            })
        for column in cellNumbers { columns.append(column) }
        return columns
    }
}
