import MemoryTrends
import ProcFS
import ProfileModel
import SystemSupport

/// Recorded series: comma-separated values with the columns `timestamp` (seconds) and `bytes`.
///
/// A column `pid` distinguishes the rows of several processes, and `name` names them.
struct SeriesFile {
    /// The series of one process.
    struct Series {
        /// `nil` without a column `pid`, and where that isn't a number.
        let process: ProcessID?
        /// As the latest row has it; `nil` without a column `name`.
        fileprivate(set) var name: String?
        fileprivate(set) var readings = RecordedReadings()
    }

    /// In the order of their first rows; never empty.
    private(set) var series: [Series] = []
    /// Where those of processes are, by what the column `pid` has.
    private var indices: [String: Int] = [:]
    /// Rows without a finite number in one of the columns.
    private(set) var emptyRows = 0
    private(set) var firstEmptyLine: Int?
    private(set) var hasIncompleteRow = false
    private var columns: Columns?
    /// The processes whose rows are read; empty for all.
    private let chosen: Set<ProcessID>
    private var processes = RecordedProcesses()

    /// Readings of more processes would take too much memory.
    private static let processLimit = 1_000

    private struct Columns {
        let seconds: Int
        let bytes: Int
        let process: Int?
        let name: Int?

        var last: Int { max(seconds, bytes, process ?? 0, name ?? 0) }
    }

    /// - Parameters:
    ///   - path: `-` for standard input.
    ///   - chosen: the processes to read; none for all.
    init(readingFrom path: String, of chosen: [ProcessID]) throws(CommandFailure) {
        self.chosen = Set(chosen)
        let file = try InputFile(path)
        do {
            try read(file)
            try requireRows(of: chosen)
        } catch {
            throw CommandFailure("\(path == "-" ? "standard input" : printable(path)): \(error.message)")
        }
    }

    private func requireRows(of chosen: [ProcessID]) throws(CommandFailure) {
        let found = series.compactMap(\.process)
        guard let missing = chosen.first(where: { !found.contains($0) }) else { return }
        throw CommandFailure("no row is of process \(missing); there are rows of \(processes.list)")
    }

    private mutating func read(_ file: borrowing InputFile) throws(CommandFailure) {
        var records = CSVRecords()
        while true {
            let bytes = try file.read(upTo: 65_536)
            guard !bytes.isEmpty else { break }
            try records.read(bytes) { record throws(CommandFailure) in try take(record) }
        }
        try records.finish { record throws(CommandFailure) in try take(record) }
        if columns == nil { throw CommandFailure("there is nothing in it; \(Self.advice)") }
        if series.isEmpty, chosen.isEmpty { series.append(Series(process: nil)) }
    }

    private mutating func take(_ record: CSVRecords.Record) throws(CommandFailure) {
        if record.fields == [""] { return }
        guard let columns else {
            columns = try columns(of: record)
            return
        }
        guard record.fields.count > columns.last else {
            // The last line of a file that is being written.
            guard !record.isIncomplete else { return hasIncompleteRow = true }
            throw CommandFailure("line \(record.line) has fewer fields than the first line has columns; complete it")
        }
        guard let index = try index(ofProcess: columns.process.map { record.fields[$0] } ?? "") else { return }
        let seconds = try Self.number(record, columns.seconds, "timestamp", "seconds, such as date +%s prints")
        let bytes = try Self.number(record, columns.bytes, "bytes", "a number of bytes")
        guard let seconds, let bytes else {
            emptyRows += 1
            firstEmptyLine = firstEmptyLine ?? record.line
            return
        }
        guard bytes >= 0, bytes < 0x1p63 else {
            throw CommandFailure("line \(record.line): \(bytes) is not a number of bytes; correct or remove the line")
        }
        if let name = columns.name { series[index].name = record.fields[name] }
        series[index].readings.add(MemoryReading(seconds: seconds, bytes: UInt64(bytes)), processes: series.count)
    }

    /// The index of a process's series, a new one for its first row; `nil` of a process that wasn't chosen.
    private mutating func index(ofProcess field: String) throws(CommandFailure) -> Int? {
        if let known = indices[field] { return known }
        processes.note(field)
        let process = Int32(field).map(ProcessID.init)
        guard chosen.isEmpty || process.map(chosen.contains) ?? false else { return nil }
        guard series.count < Self.processLimit else {
            throw CommandFailure(
                "it has more than \(NumberText.grouped(Self.processLimit)) processes; choose some of them with -p: "
                    + processes.list)
        }
        indices[field] = series.count
        series.append(Series(process: process))
        return series.count - 1
    }

    private func columns(of record: CSVRecords.Record) throws(CommandFailure) -> Columns {
        let columns = record.fields.map { $0.lowercased() }
        guard let seconds = columns.firstIndex(of: "timestamp"), let bytes = columns.firstIndex(of: "bytes") else {
            let missing = columns.contains("timestamp") ? "bytes" : "timestamp"
            throw CommandFailure("line \(record.line) names no column \(missing); \(Self.advice)")
        }
        let process = columns.firstIndex(of: "pid")
        if !chosen.isEmpty, process == nil {
            throw CommandFailure("line \(record.line) names no column pid; leave -p out")
        }
        return Columns(seconds: seconds, bytes: bytes, process: process, name: columns.firstIndex(of: "name"))
    }

    /// The number in a field; `nil` when there is none, or none that is finite.
    private static func number(
        _ record: CSVRecords.Record, _ column: Int, _ name: String, _ wanted: String
    ) throws(CommandFailure) -> Double? {
        let text = record.fields[column]
        if text.isEmpty { return nil }
        guard let number = Double(text) else {
            let shown = printable(String(text.prefix(40)))
            throw CommandFailure(
                "line \(record.line): \(name) is “\(shown)”, not \(wanted); correct or remove the line")
        }
        return number.isFinite ? number : nil
    }

    private static let advice = "the first line has to name the columns, among them timestamp (seconds) and bytes"
}

/// The processes of a recorded file, by its column `pid`, for messages: the first thousand.
private struct RecordedProcesses {
    private static let limit = 1_000

    /// In the order of their first rows.
    private var names: [String] = []
    private var known: Set<String> = []

    mutating func note(_ field: String) {
        if names.count < Self.limit, known.insert(field).inserted { names.append(field) }
    }

    var list: String {
        guard !names.isEmpty else { return "none" }
        let shown = names.prefix(20).map { printable(String($0.prefix(20))) }.joined(separator: ", ")
        let most = names.count < Self.limit ? "" : "at least "
        return names.count > 20 ? "\(shown) and \(most)\(NumberText.grouped(names.count - 20)) more" : shown
    }
}
