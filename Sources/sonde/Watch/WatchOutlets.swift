import Glibc
import MemoryTrends
import ProcFS
import ProfileModel
import SystemSupport

/// Where the readings of a watch go.
struct WatchOutlets: ~Copyable {
    enum Content {
        case table
        case csv
        /// The verdicts, at the end.
        case json
    }

    private let format: Content
    /// Grows line by line; an older file of its name is replaced at once.
    private var file: OutputFile?
    private let isLive: Bool
    private let style = TextStyle(for: STDOUT_FILENO)
    /// Lines of the table on the terminal.
    private var shownLines = 0
    /// The verdicts that were reported, where there is no terminal.
    private var reported: [Int32: LeakLevel] = [:]

    init(_ format: Content, file path: String?) throws(CommandFailure) {
        self.format = format
        isLive = format == .table && TextStyle.hasControls(STDOUT_FILENO)
        file = if let path { try Destination.opened(path) } else { nil }
        if format == .csv { try StandardStream.show(WatchLine.heading) }
        try append(WatchLine.heading)
        do { try file?.publish() } catch { throw CommandFailure("\(error)") }
    }

    mutating func show(_ watched: [WatchedProcess]) throws(CommandFailure) {
        let lines = watched.filter { !$0.hasEnded }.compactMap { WatchLine($0)?.text }.joined()
        try append(lines)
        switch format {
        case .csv: try StandardStream.show(lines)
        case .table where isLive: try redraw(watched)
        case .table: try reportChanges(watched)
        case .json: break
        }
    }

    mutating func finish(_ watched: [WatchedProcess]) throws(CommandFailure) {
        switch format {
        case .table where isLive: try redraw(watched, isLast: true)
        case .table: try StandardStream.show(WatchTable(watched).text(style))
        case .json: try StandardStream.show(JSONText.of(watched.map(WatchReport.init)))
        case .csv: break
        }
    }

    /// Writes the table over the one before.
    ///
    /// Each line takes one row, so that the way back up is known; the last table alone may be longer than the screen.
    private mutating func redraw(_ watched: [WatchedProcess], isLast: Bool = false) throws(CommandFailure) {
        let size = Console.terminalSize(of: STDOUT_FILENO)
        var lines = WatchTable(watched).text(style, columns: max(size.columns - 1, 1)).split(separator: "\n")
        if !isLast, lines.count >= size.rows {
            let shown = max(size.rows - 2, 0)
            lines = lines.prefix(shown) + ["  … \(lines.count - shown) more lines"]
        }
        // The terminal may have written `^C` behind the table.
        let up = shownLines > 0 ? "\r\u{1B}[\(shownLines)A" : ""
        try StandardStream.show(up + lines.map { "\u{1B}[K\($0)\n" }.joined() + "\u{1B}[J")
        shownLines = lines.count
    }

    private mutating func reportChanges(_ watched: [WatchedProcess]) throws(CommandFailure) {
        for process in watched {
            let verdict = process.verdict
            guard verdict.level != reported[process.process.rawValue, default: .none] else { continue }
            reported[process.process.rawValue] = verdict.level
            let title = "\(printable(process.name)) (PID \(process.process))"
            try StandardStream.show("\(title): \(verdict.level.rawValue): \(verdict.evidence)\n")
        }
    }

    private func append(_ text: String) throws(CommandFailure) {
        do { try file?.write(Array(text.utf8)) } catch { throw CommandFailure("\(error)") }
    }
}

/// One reading as a line of CSV (RFC 4180), which `sonde trend` reads.
private struct WatchLine {
    static let heading = "timestamp,bytes,pid,name,resident_bytes,cpu_seconds,swap_bytes\n"

    private let process: WatchedProcess
    private let reading: WatchedProcess.Reading

    /// `nil` before the first reading.
    init?(_ process: WatchedProcess) {
        guard let reading = process.latest else { return nil }
        self.process = process
        self.reading = reading
    }

    var text: String {
        let name = process.name.replacing("\"", with: "\"\"")
        return "\(Self.seconds(reading.wall)),\(reading.leakable),\(process.process),\"\(name)\","
            + "\(reading.resident),\(Self.seconds(reading.cpu)),\(reading.swap?.description ?? "")\n"
    }

    /// With three digits after the point.
    private static func seconds(_ value: Double) -> String {
        let milliseconds = UInt64(max(0, value * 1000).rounded())
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}
