import ArgumentParser
import Glibc

/// How commands show groups of heap blocks.
struct BlockTableOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Rows of the table to show, 0 for all.", valueName: "rows"))
    var limit = RowLimit(20)

    @Flag(help: "Write JSON: all groups (docs/json.md).")
    var json = false

    func show<Report: BlockReport>(_ reports: [Report]) throws(CommandFailure) {
        let style = TextStyle(for: STDOUT_FILENO)
        try StandardStream.show(
            json
                ? JSONText.of(reports.map(\.document))
                : reports.map { $0.text(style, limit: limit.rows) }.joined(separator: "\n"))
    }
}

/// What is said of the heap blocks of a process.
protocol BlockReport: Encodable {
    var document: JSONDocument<Self> { get }

    /// - Parameter limit: How many groups are shown; `nil` for all.
    func text(_ style: TextStyle, limit: Int?) -> String
}
