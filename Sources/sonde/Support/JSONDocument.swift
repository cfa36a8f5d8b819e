import HostWatch
import ProcFS
import ProfileModel
import SystemSupport

/// What a command writes with `--json`: a header that is the same for all commands, and the command's own fields beside it.
///
/// docs/json.md describes both, and docs/json.schema.json checks them.
struct JSONDocument<Content: Encodable>: Encodable {
    private let header: JSONHeader
    private let content: Content

    /// - Parameters:
    ///   - process: what the document is about; `nil` for no process, and for several.
    ///   - start: when what it describes began: a recording, a watch, a reading.
    ///   - warnings: those of this process, unless another one has made the content.
    init(
        _ kind: JSONDocumentKind, about process: DescribedProcess?, start: UTCTimestamp?,
        warnings: [String] = Console.warnings, _ content: Content
    ) {
        header = JSONHeader(kind, about: process, start: start, warnings: warnings)
        self.content = content
    }

    func encode(to encoder: any Encoder) throws {
        try header.encode(to: encoder)
        try content.encode(to: encoder)
    }
}

/// The command that wrote a document.
enum JSONDocumentKind: String, Encodable {
    case record
    /// `record --tasks`
    case tasks
    case dump
    case memory
    case heap
    case leaks
    case watch
    case trend
    case doctor
    case diff
    case report
}

/// The fields that every document has.
private struct JSONHeader: Encodable {
    /// Counts up when a key is renamed, or means something else.
    let schema = 1
    let document: JSONDocumentKind
    let version = Version.text
    let process: DescribedProcess?
    @Nullable var start: String?
    /// What was written to standard error as a warning, in order.
    let warnings: [String]

    init(_ kind: JSONDocumentKind, about process: DescribedProcess?, start: UTCTimestamp?, warnings: [String]) {
        document = kind
        self.process = process
        self.start = start?.rfc3339
        self.warnings = warnings
    }

    private enum Key: CodingKey {
        case schema, document, version, start, warnings
        case pid, name, command, processStart
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(schema, forKey: .schema)
        try container.encode(document, forKey: .document)
        try container.encode(version, forKey: .version)
        try container.encode(start, forKey: .start)
        try container.encode(warnings, forKey: .warnings)
        try container.encode(process?.pid, forKey: .pid)
        try container.encode(process?.name, forKey: .name)
        try container.encode(process?.command, forKey: .command)
        try container.encode(process?.processStart, forKey: .processStart)
    }
}

/// Which process something is about, as its files show it now; what they don't show is `nil`.
struct DescribedProcess: Encodable {
    @Nullable var pid: Int32?
    /// What titles call it.
    @Nullable var name: String?
    /// The path of its executable, and the script, module, class or archive that an interpreter runs; never arguments.
    @Nullable var command: String?
    /// In UTC, by RFC 3339.
    @Nullable var processStart: String?

    init(_ process: ProcessID, in procfs: ProcFS) {
        pid = process.rawValue
        guard let directory = try? procfs.process(process), let stat = try? directory.stat() else { return }
        name = printable(directory.title(command: stat.command))
        command = procfs.program(of: process).map { printable($0) }
        let age = SystemClock.boot.seconds - Clocks.seconds(ofTicks: stat.startTicks)
        processStart = UTCTimestamp(secondsSince1970: SystemClock.wall.seconds - age).rfc3339
    }

    /// A process that a file names.
    init(recorded pid: Int32?, name: String?) {
        self.pid = pid
        self.name = name
    }

    /// A process that a file has the number of; no process has the numbers below 1, which files may hold.
    init(recorded process: ProcessID) {
        self.init(recorded: process.rawValue >= 1 ? process.rawValue : nil, name: nil)
    }
}
