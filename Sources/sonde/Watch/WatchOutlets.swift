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
    /// The terminal's size when the table was written to it.
    private var shownSize: TerminalSize?
    /// The verdicts that were reported, where there is no terminal.
    private var reported: [Int32: String] = [:]

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
        case .table: try StandardStream.show("\(UTCTimestamp.now.rfc3339) end\n" + WatchTable(watched).text(style))
        case .json: try StandardStream.show(JSONText.of(watched.map(\.document)))
        case .csv: break
        }
    }

    /// Writes the table for a terminal that has got another size.
    mutating func repaint(_ watched: [WatchedProcess]) throws(CommandFailure) {
        if isLive { try redraw(watched) }
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
        let up =
            if let shownSize, shownSize != size {
                // The terminal may have broken the lines anew, or not: how many there are is not known.
                "\u{1B}[H\u{1B}[2J"
            } else if shownLines > 0 {
                // The terminal may have written `^C` behind the table.
                "\r\u{1B}[\(shownLines)A"
            } else {
                ""
            }
        try StandardStream.show(up + lines.map { "\u{1B}[K\($0)\n" }.joined() + "\u{1B}[J")
        (shownLines, shownSize) = (lines.count, size)
    }

    private mutating func reportChanges(_ watched: [WatchedProcess]) throws(CommandFailure) {
        for process in watched {
            let verdict = process.verdict
            let label = process.hasEnded ? "ended" : verdict.label
            guard process.latest != nil, label != reported[process.process.rawValue] else { continue }
            reported[process.process.rawValue] = label
            let title = "\(process.name) (PID \(process.process))"
            let text = "\(UTCTimestamp.now.rfc3339) \(title): \(process.leakText): \(verdict.evidence)\n"
            try StandardStream.show(text)
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
