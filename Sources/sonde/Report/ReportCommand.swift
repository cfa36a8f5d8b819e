import ArgumentParser
import Glibc
import HostWatch
import ProfileFormats
import SystemSupport

/// `sonde report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Show a recorded profile: its functions, its call tree, or a part of it in another format.",
        discussion: """
            Reads folded stacks, pprof, speedscope, perf script text and Sonde's JSON, gzipped or not; - is standard input. \
            Without -f or -o, it prints the functions in which most time was spent.

            Patterns are regular expressions (RE2) that are searched for in function names; one without a capital letter \
            ignores case. They are applied in the order in which they are listed here.

            EXAMPLES
              sonde report profile.json
              sonde report profile.json --tree --focus '^parse'
              sonde report profile.json --callers malloc
              sonde report profile.json -o objects.svg --colors object
              sonde report profile.json --json | jq '.functions[0].name'
              sonde report profile.json --from 10s --to 20s -o part.svg
              perf script | sonde report - -o perf.html
            """ + ExitStatusHelp.text(without: [77]))

    @Argument(help: ArgumentHelp("The profile; - is standard input.", valueName: "file"))
    var file: String

    @Flag(help: "Print the functions with the most time of their own. (default)")
    var top = false

    @Flag(help: "Write JSON: the functions with the most time of their own, and what is known of the recording.")
    var json = false

    @Flag(help: "Print the call tree.")
    var tree = false

    @Option(help: ArgumentHelp("Print who calls the functions that match, as a tree.", valueName: "pattern"))
    var callers: String?

    @Option(help: ArgumentHelp("Print what the functions that match call, as a tree.", valueName: "pattern"))
    var callees: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Rows of --top and --json to show, 0 for all.", valueName: "rows"))
    var limit = RowLimit(30)

    @Option(help: ArgumentHelp("Share of the whole below which trees leave functions out.", valueName: "percent"))
    var minimum = 0.5

    @Option(help: ArgumentHelp("Keep what was sampled from this time on, since the start.", valueName: "time"))
    var from: TimeOffset?

    @Option(help: ArgumentHelp("Keep what was sampled before this time, since the start.", valueName: "time"))
    var to: TimeOffset?

    @Option(help: ArgumentHelp("Keep threads whose name, or NAME-PID/TID, matches.", valueName: "pattern"))
    var thread: [String] = []

    @Option(help: ArgumentHelp("Keep stacks with a function that matches.", valueName: "pattern"))
    var focus: [String] = []

    @Option(help: ArgumentHelp("Drop stacks with a function that matches.", valueName: "pattern"))
    var ignore: [String] = []

    @Option(help: ArgumentHelp("Take functions that match out of the stacks.", valueName: "pattern"))
    var hide: [String] = []

    @Option(help: ArgumentHelp("Begin stacks at the outermost function that matches.", valueName: "pattern"))
    var trimTo: [String] = []

    @Flag(help: "Count each source line of a function as a function of its own.")
    var lines = false

    @Flag(help: "Keep the frames of Python functions only; a stack without any is one frame [native].")
    var pythonOnly = false

    @Flag(help: .hidden)
    var nativeOnly = false

    @OptionGroup var picture: PictureOptions

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Format of the output. (default: by its file name)", valueName: "format"))
    var format: ProfileFormat?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Output file; - is standard output. (default: - for text)", valueName: "file"))
    var output: String?

    func validate() throws {
        let views = [top, json, tree, callers != nil, callees != nil, writtenFormat != nil].count { $0 }
        guard views <= 1 else {
            throw ValidationError(
                "Use one of --top, --json, --tree, --callers, --callees and a format by -f or the output's ending.")
        }
        if nativeOnly {
            throw ValidationError(
                "--native-only applies to record, dump and top: the frames that Python's stand for aren't in a profile."
            )
        }
        if views == 0, format == nil { try OutputEnding.check(output) }
        if let writtenFormat { try picture.check(for: writtenFormat) } else { try picture.checkIsUnused() }
        guard (0...100).contains(minimum) else { throw ValidationError("--minimum must be 0 to 100 percent.") }
        if let from, let to, from.seconds >= to.seconds { throw ValidationError("--from must be before --to.") }
        for pattern in thread + focus + ignore + hide + trimTo + [callers, callees].compactMap({ $0 }) {
            do { _ = try NamePatterns([pattern]) } catch { throw ValidationError("“\(pattern)”: \(error)") }
        }
        if writesToStandardOutput, writtenFormat?.isPicture == true, isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("A picture is not for a terminal: name a file with -o FILE.")
        }
        if output?.isEmpty == true { throw ValidationError("-o needs a file name, or - for standard output.") }
    }

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in
            let task = try ConfinedTask { (files, request: ReportRequest) throws(ConfinedTask.Refusal) in
                try ReportRenderer(request).result(of: files[0])
            }
            try InterruptSignals.install()
            let input = try InputFile(file)
            let destination = try destination()
            let result = try task.result(of: request, files: [input.number])
            try destination.write(result)
        }
    }

    private func destination() throws(CommandFailure) -> Destination {
        guard let output, output != "-" else { return try Destination(standardOutputFor: "report.txt") }
        return try Destination(path: output)
    }

    private var request: ReportRequest {
        let selection = ReportRequest.Selection(
            from: from?.seconds, to: to?.seconds, threads: thread, focus: focus, ignore: ignore, hide: hide,
            trim: trimTo, splitsLines: lines, keepsPythonOnly: pythonOnly, foldsImports: picture.foldImports,
            omitsIdleWaits: picture.noIdle && (writtenFormat == nil || pythonOnly))
        return ReportRequest(
            name: file == "-" ? "standard input" : printable(file), selection: selection, view: view,
            columns: columns)
    }

    /// Of lines of text.
    private var columns: Int {
        writesToStandardOutput ? Console.outputColumns ?? .max : .max
    }

    private var writesToStandardOutput: Bool { output == nil || output == "-" }

    /// The format of a file; a table is a view of its own, and so is what `--json` writes.
    private var writtenFormat: ProfileFormat? {
        let named = output.flatMap { ProfileFormat(fileName: $0) }
        if json, format == nil, named == .json { return nil }
        let chosen = format ?? named
        return chosen == .top ? nil : chosen
    }

    private var view: ReportRequest.View {
        if json { return .json(limit: limit.rows) }
        if tree { return .tree(minimum: minimum / 100) }
        if let callers { return .callers(of: callers, minimum: minimum / 100) }
        if let callees { return .callees(of: callees, minimum: minimum / 100) }
        guard let format = writtenFormat else { return .table(limit: limit.rows) }
        return .file(format: format.rawValue, picture.style(columns: columns))
    }
}
