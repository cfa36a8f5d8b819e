import Glibc
import MemoryTrends
import ProfileModel

/// Where the readings of a watch go.
struct WatchOutlets {
    enum Content {
        case table
        case csv
        /// The verdicts, at the end.
        case json
    }

    private let format: Content
    private let file: Int32?
    private let isLive: Bool
    private let style = TextStyle(for: STDOUT_FILENO)
    /// Lines of the table on the terminal.
    private var shownLines = 0
    /// The verdicts that were told where there is no terminal.
    private var told: [Int32: LeakLevel] = [:]

    init(_ format: Content, file path: String?) throws(CommandFailure) {
        self.format = format
        isLive = format == .table && isatty(STDOUT_FILENO) == 1
        file = try path.map { path throws(CommandFailure) in
            let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0o644)
            guard descriptor >= 0 else {
                throw CommandFailure("can't write \(path): \(unsafe String(cString: strerror(errno)))")
            }
            return descriptor
        }
        if format == .csv { try StandardStream.show(WatchLine.heading) }
        if let file { try Self.append(WatchLine.heading, to: file) }
    }

    mutating func show(_ watched: [WatchedProcess]) throws(CommandFailure) {
        let lines = watched.filter { !$0.hasEnded }.compactMap { WatchLine($0)?.text }.joined()
        if let file { try Self.append(lines, to: file) }
        switch format {
        case .csv: try StandardStream.show(lines)
        case .table where isLive: try redraw(watched)
        case .table: try tellChanges(watched)
        case .json: break
        }
    }

    func finish(_ watched: [WatchedProcess]) throws(CommandFailure) {
        if let file, close(file) != 0 {
            throw CommandFailure("the CSV file is not complete: \(unsafe String(cString: strerror(errno)))")
        }
        switch format {
        case .table where !isLive: try StandardStream.show(WatchTable(watched).text(style))
        case .json: try StandardStream.show(WatchReport.json(watched))
        case .csv, .table: break
        }
    }

    /// Writes the table over the one before.
    private mutating func redraw(_ watched: [WatchedProcess]) throws(CommandFailure) {
        let lines = WatchTable(watched).text(style).split(separator: "\n", omittingEmptySubsequences: false)
        let up = shownLines > 0 ? "\u{1B}[\(shownLines)A" : ""
        let clipped = lines.dropLast().map { "\u{1B}[K" + Self.clipped(String($0)) + "\n" }
        try StandardStream.show(up + clipped.joined() + "\u{1B}[J")
        shownLines = clipped.count
    }

    private static func clipped(_ line: String) -> String {
        // A line with colours is short, or is cut at its end by the terminal.
        line.contains("\u{1B}") ? line : String(line.prefix(Console.columns - 1))
    }

    private mutating func tellChanges(_ watched: [WatchedProcess]) throws(CommandFailure) {
        for process in watched {
            let verdict = process.verdict
            guard verdict.level != told[process.process.rawValue, default: .none] else { continue }
            told[process.process.rawValue] = verdict.level
            let title = "\(ProcessTitle.printable(process.name)) (PID \(process.process))"
            try StandardStream.show("\(title): \(verdict.level.rawValue): \(verdict.evidence)\n")
        }
    }

    private static func append(_ text: String, to file: Int32) throws(CommandFailure) {
        do {
            try StandardStream(descriptor: file).write(Array(text.utf8))
        } catch {
            throw CommandFailure("the CSV file can't be written: \(error)")
        }
    }
}
