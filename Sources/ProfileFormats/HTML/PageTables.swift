import ProfileModel
import Profiles
import SystemSupport

/// A profile's functions, call paths, threads and samples in terms of rows, which is what a page draws.
///
/// A row is a function of one object file, a process or thread, or what stands for the missing part of a stack. Lines
/// and addresses within a function are not distinguished.
struct PageTables {
    /// What is drawn as one box; the same function of two object files is two.
    struct Row: Hashable, Sendable {
        let name: Spelling
        /// Never `inlined`: whether a function is inlined is a matter of the path.
        let kind: CallTree.RowKind
        /// The object file's path; `nil` where the code is in no file.
        let object: Spelling?
    }

    /// A function as called along one path.
    struct Node: Hashable, Sendable {
        /// `nil` for the outermost one.
        let caller: Table<Node>.Index?
        let row: Table<Row>.Index
        let isInlined: Bool
    }

    /// What one thread was seen doing.
    struct Sample {
        /// `nil` where no frame is known.
        let node: Table<Node>.Index?
        /// The thread's position.
        let thread: Int
        let truncation: Table<Row>.Index?
        /// In the unit of the type that is shown; 0 for a negative value.
        let value: UInt64
        let runs: SampleRuns
    }

    private(set) var rows = Table<Row>()
    private(set) var nodes = Table<Node>()
    /// Those with the most runs first, so that their numbers are short.
    private(set) var samples: [Sample] = []
    /// Of each row a source file that it is in.
    private(set) var files: [Spelling?] = []
    /// What the page offers for its outermost rows, besides none.
    static let groupings = [Grouping.process, .processWithID, .thread]
    /// Of each grouping the rows of all threads.
    private(set) var threadRows: [[Table<Row>.Index]] = []
    /// Of each thread, and of each base name of an object file, a family of `HuePalette`.
    private let threadHues: [Int]
    private let objectHues: [String: Int]
    /// Where each stack of the profile ends.
    private var places: [Table<Node>.Index] = []

    init(_ profile: Profile) {
        threadHues = HuePalette.families(ofThreadsIn: profile, rankedIn: profile)
        objectHues = HuePalette.families(ofObjectsIn: profile)
        _ = row("all", .group)
        threadRows = Self.groupings.map { grouping in
            profile.threads.indices.map { row(grouping.rowName(for: profile.thread(at: $0)), .group) }
        }
        addStacks(of: profile)
        samples = profile.samples.map { sample in
            Sample(
                node: sample.stack.map { places[$0.position] }, thread: sample.thread.position,
                truncation: sample.truncation.map { row(profile.truncationRow($0), .truncated) },
                value: UInt64(clamping: profile.shownValue(of: sample)), runs: sample.runs)
        }
        samples.sort { $0.runs.byteCount > $1.runs.byteCount }
    }

    /// Tables of one thread, without colours of threads and of object files.
    ///
    /// - Parameter rows: the first one stands for everything.
    init(rows: Table<Row>, nodes: Table<Node>, samples: [Sample]) {
        self.rows = rows
        self.nodes = nodes
        self.samples = samples
        files = Array(repeating: nil, count: rows.count)
        threadRows = Self.groupings.map { _ in Array(rows.indices.prefix(1)) }
        threadHues = [HuePalette.neutral]
        objectHues = [:]
    }

    /// The tables as the page reads them.
    var columns: PageColumns {
        var texts = Table<Spelling>()
        let numbers = rowColumns(&texts) + nodeColumns + threadColumns + sampleColumns + hueColumns
        var columns = PageColumns()
        columns.append(texts: texts.rows.map(\.text))
        for column in numbers { columns.append(column) }
        return columns
    }

    /// Name, kind, object, file, and the style classes of a call and of an inlined call.
    private func rowColumns(_ texts: inout Table<Spelling>) -> [[UInt64]] {
        func number(_ text: String) -> UInt64 {
            UInt64(texts.index(adding: Spelling(PrintableText.escaped(text))).position)
        }
        func number(_ text: Spelling?) -> UInt64 { text.map { number($0.text) + 1 } ?? 0 }
        let kinds = CallTree.RowKind.allCases
        let names = rows.rows.map { number($0.name.text) }
        return [
            names,
            rows.rows.map { row in UInt64(kinds.firstIndex(of: row.kind) ?? 0) },
            rows.rows.map { number($0.object) },
            zip(rows.rows.indices, rows.rows).map { number(files[$0.0]) },
            rows.rows.map { number(FlameGraphPalette.styleClass(for: CallTree.Label(name: $0.name, kind: $0.kind))) },
            rows.rows.map { number(FlameGraphPalette.styleClass(for: CallTree.Label(name: $0.name, kind: .inlined))) },
        ]
    }

    /// How far before a node its caller is, or 0; then the row, and whether it is inlined.
    private var nodeColumns: [[UInt64]] {
        [
            nodes.rows.enumerated().map { position, node in node.caller.map { UInt64(position - $0.position) } ?? 0 },
            nodes.rows.map { UInt64($0.row.position) },
            nodes.rows.map { $0.isInlined ? 1 : 0 },
        ]
    }

    private var threadColumns: [[UInt64]] { threadRows.map { rows in rows.map { UInt64($0.position) } } }

    private var sampleColumns: [[UInt64]] {
        [
            samples.map { $0.node.map { UInt64($0.position) + 1 } ?? 0 },
            samples.map { UInt64($0.thread) },
            samples.map { $0.truncation.map { UInt64($0.position) + 1 } ?? 0 },
            samples.map(\.value),
        ]
    }

    /// The families of hues of rows by their objects, and of threads.
    private var hueColumns: [[UInt64]] {
        [
            rows.rows.map { row in
                let hue = row.object.flatMap { objectHues[ObjectName.base($0.text)] }
                return UInt64(hue ?? HuePalette.neutral)
            },
            threadHues.map(UInt64.init),
        ]
    }

    private mutating func addStacks(of profile: Profile) {
        let locationRows = profile.locations.rows.map { rows(of: $0, in: profile) }
        for stack in profile.stacks.rows {
            var place = stack.caller.map { places[$0.position] }
            var node = place
            for (row, isInlined) in locationRows[stack.location.position] {
                let next = nodes.index(adding: Node(caller: node, row: row, isInlined: isInlined))
                (node, place) = (next, next)
            }
            // A location has a line, so there is a node.
            if let place { places.append(place) }
        }
    }

    /// The rows of a location, the function that was called first.
    private mutating func rows(
        of location: Profile.Location, in profile: Profile
    ) -> [(row: Table<Row>.Index, isInlined: Bool)] {
        let object = location.position.mapping.map { profile.strings[profile.mappings[$0].path] }
        return zip(location.rows(in: profile), location.lines.reversed()).map { label, line in
            let kind = label.kind == .inlined ? .native : label.kind
            let file = profile.functions[line.function].file.map { profile.strings[$0] }
            let row = row(label.name.text, kind, object: object, file: file)
            return (row, label.kind == .inlined)
        }
    }

    private mutating func row(
        _ name: String, _ kind: CallTree.RowKind, object: Spelling? = nil, file: Spelling? = nil
    ) -> Table<Row>.Index {
        let index = rows.index(adding: Row(name: Spelling(name), kind: kind, object: object))
        if index.position == files.count { files.append(file) }
        files[index.position] = files[index.position] ?? file
        return index
    }
}
