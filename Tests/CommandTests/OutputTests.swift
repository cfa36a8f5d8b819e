import Foundation
import TestSupport
import Testing

/// Where results go, and that they are never lost.
@Suite struct OutputTests {
    private let program: TestProgram
    private let directory: TemporaryDirectory

    init() throws {
        program = try TestProgram("calibrated")
        directory = try TemporaryDirectory()
    }

    private func record(to path: String, _ arguments: String...) throws -> CommandResult {
        try sonde(["record", "-p", "\(program.pid)", "-d", "0.3", "-r", "300", "-o", path] + arguments)
    }

    /// Runs a shell command in which `$RECORD` records to a place yet to be named.
    private func shell(_ command: String, _ prefix: [String] = []) throws -> CommandResult {
        let record = "\(Locations.sonde.path) record -p \(program.pid) -d 0.3 -r 300"
        return try run(prefix + ["/bin/sh", "-c", command], environment: ["RECORD": record], directory: directory.url)
    }

    @Test func `The flame graph is a file of its own`() throws {
        let path = "\(directory.path)/graph.svg"
        let result = try record(to: path)
        #expect(result.status == .exited(0))
        #expect(result.errors.contains("Wrote \(path)"))
        let graph = try String(contentsOfFile: path, encoding: .utf8)
        #expect(graph.hasPrefix("<?xml") && graph.contains("hot") && graph.hasSuffix("</svg>\n"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["graph.svg"])
    }

    @Test func `An icicle graph has its root at the top`() throws {
        let path = "\(directory.path)/graph.svg"
        #expect(try record(to: path, "--icicle").status == .exited(0))
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("data-root=\"top\""))
        let refused = try record(to: path, "--icicle", "-f", "folded")
        #expect(refused.status == .exited(64) && refused.errors.contains("--icicle applies to flame graphs"))
    }

    @Test func `Without a name the file is called after the process`() throws {
        let result = try sonde(
            ["record", "-p", "\(program.pid)", "-d", "0.3", "-f", "folded"], directory: directory.url)
        #expect(result.status == .exited(0))
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(files.count == 1)
        #expect(try #require(files.first).hasPrefix("calibrated-\(program.pid)-") && files[0].hasSuffix(".folded"))
    }

    @Test func `An older file stays until the new one is complete`() throws {
        try directory.write("old", to: "graph.svg")
        let path = "\(directory.path)/graph.svg"
        let recording = try Child([Locations.sonde.path, "record", "-p", "\(program.pid)", "-o", path])
        recording.kill()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        #expect(try record(to: path).status == .exited(0))
        #expect(try String(contentsOfFile: path, encoding: .utf8) != "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["graph.svg"])
    }

    @Test(arguments: ["/no/such/directory/x.svg", "/", "/proc/x.svg"])
    func `A place that can't be written is refused before sampling`(path: String) throws {
        let result = try record(to: path)
        #expect(result.status == .exited(1))
        #expect(result.errors.hasPrefix("error: can't "))
        #expect(!result.errors.contains("samples"))
    }

    @Test func `A directory is no file`() throws {
        let result = try record(to: directory.path)
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("it is a directory; name a file inside it"))
        #expect(!result.errors.contains("samples"))
    }

    @Test func `A link is never followed`() throws {
        try directory.write("precious", to: "precious")
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/link", withDestinationPath: "\(directory.path)/precious")
        let recording = try record(to: "\(directory.path)/link")
        let watch = try sonde("watch", "-p", "\(program.pid)", "-d", "1", "-o", "\(directory.path)/link")
        for result in [recording, watch] {
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("it is a symbolic link, which outputs don't follow; name the file"))
        }
        #expect(try String(contentsOfFile: "\(directory.path)/precious", encoding: .utf8) == "precious")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["link", "precious"])
    }

    @Test(.enabled(if: Privileges.isRoot))
    func `Under sudo a result belongs to who called, in a directory of theirs`() throws {
        for name in ["theirs", "ours"] { try directory.write("", to: "\(name)/other") }
        try #require(unsafe chown("\(directory.path)/theirs", 65534, 65534) == 0)
        let sudo = ["SUDO_UID": "65534", "SUDO_GID": "65534"]
        for (name, owner) in ["theirs": 65534, "ours": 0] {
            let path = "\(directory.path)/\(name)/x.svg"
            let arguments = ["record", "-p", "\(program.pid)", "-d", "0.3", "-r", "300", "-o", path]
            #expect(try sonde(arguments, environment: sudo).status == .exited(0))
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.ownerAccountID] as? Int == owner && attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test(.enabled(if: Privileges.isRoot)) func `A directory that can't be written to is refused`() throws {
        let readable = try ReadableSonde()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path)
        let target = try Child(Privileges.asNobody(["/bin/sleep", "100"]))
        let result = try run(
            Privileges.asNobody([readable.path, "record", "-p", "\(target.pid)", "-o", "\(directory.path)/x.svg"]))
        #expect(result.status == .exited(1))
        #expect(
            result.errors.contains("can't create \(directory.path)/x.svg: Permission denied; name a file elsewhere"))
    }

    @Test func `Standard output gets the result and nothing else`() throws {
        let result = try record(to: "-", "-f", "folded", "-v")
        #expect(result.status == .exited(0))
        let recording = try FoldedRecording(parsing: result.output, summary: result.errors)
        #expect(recording.samples > 0)
        #expect(recording.samples == recording.summaryNumber("samples"))
    }

    @Test func `A device is written to and stays a device`() throws {
        let result = try record(to: "/dev/null")
        #expect(result.status == .exited(0))
        let type = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
        #expect(type == .typeCharacterSpecial)
    }

    @Test func `A named pipe is written to`() throws {
        let result = try shell("mkfifo pipe; cat pipe & $RECORD -f folded -o pipe && wait")
        #expect(result.status == .exited(0))
        #expect(try FoldedRecording(parsing: result.output, summary: "").samples > 0)
    }

    @Test func `A full device gets the result saved elsewhere`() throws {
        let result = try shell("$RECORD -f folded -o - > /dev/full")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("No space left on device"))
        try expectRescue(result)
    }

    @Test(.enabled(if: Privileges.isRoot))
    func `A disk that is full at the end gets the result saved elsewhere`() throws {
        try FileManager.default.createDirectory(atPath: "\(directory.path)/disk", withIntermediateDirectories: false)
        let result = try shell(
            "mount -t tmpfs -o size=4k tmpfs disk && $RECORD -o disk/x.svg; echo $? $(ls -A disk | wc -l)",
            ["/usr/bin/unshare", "--mount"])
        #expect(result.output == "1 0\n")
        #expect(result.errors.contains("can't write disk/x.svg: No space left on device"))
        try expectRescue(result)
    }

    private func expectRescue(_ result: CommandResult) throws {
        let words = result.errors.split { " \n".contains($0) }
        let path = try #require(words.first { $0.contains("/sonde-rescued-") }.map(String.init))
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("hot"))
        try FileManager.default.removeItem(atPath: path)
    }

    /// As SIGPIPE would have ended it.
    @Test func `A reader that has enough ends a command without a word`() throws {
        let recording = try shell("{ $RECORD -f folded -o -; echo $? >&2; } | true")
        #expect(recording.errors.hasSuffix("\n141\n") && !recording.errors.contains("error:"), "\(recording.errors)")
        let watch = try shell(
            "{ '\(Locations.sonde.path)' watch -p \(program.pid) -i 50ms -f csv; echo $? >&2; } | head -n 2")
        #expect(watch.errors == "141\n" && watch.output.hasPrefix("timestamp,"), "\(watch.errors)")
    }

    @Test func `A named pipe that loses its reader is an error`() throws {
        let result = try shell("mkfifo pipe; true < pipe & $RECORD -f folded -o pipe")
        #expect(result.status == .exited(1) && result.errors.contains("the reader has closed the pipe"))
    }

    @Test func `An ending that stands for no format is refused with those that do`() throws {
        let result = try record(to: "\(directory.path)/graph.png")
        #expect(result.status == .exited(64))
        #expect(result.errors.contains("error: The ending .png stands for no format; known are .svg, .html, .folded"))
        #expect(try record(to: "\(directory.path)/graph.png", "-f", "folded").status == .exited(0))
        #expect(try record(to: "\(directory.path)/graph").status == .exited(0))
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(files.sorted() == ["graph", "graph.png"])
    }

    @Test func `A picture is not for a terminal`() throws {
        let result = try shell("script -qec '$RECORD -o -' /dev/null")
        #expect(result.status == .exited(64))
        let message = "error: A picture is not for a terminal: name a file with -o FILE, or use -f folded"
        #expect(result.output.contains(message))
        #expect(!result.output.contains("<svg"))
    }

    @Test func `The hottest functions are a format of their own, on standard output by default`() throws {
        let result = try shell("$RECORD -f top")
        #expect(result.status == .exited(0))
        #expect(result.output.hasPrefix("   SELF    TOTAL  FUNCTION\n") && result.output.contains("%  hot\n"))
        #expect(!result.errors.contains("SELF") && result.errors.contains("Quality: "))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
        #expect(try record(to: "\(directory.path)/x.top").status == .exited(0))
        #expect(try String(contentsOfFile: "\(directory.path)/x.top", encoding: .utf8).contains("%  hot\n"))
        #expect(try shell("$RECORD --json -f top").status == .exited(64))
    }

    @Test func `A closed standard output is refused before sampling`() throws {
        let result = try shell("$RECORD -f folded -o - >&-")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("standard output is closed"))
        #expect(!result.errors.contains("samples"))
    }

    @Test func `Closed standard streams don't change what is written to a file`() throws {
        let result = try shell("$RECORD -f folded -o x.folded <&- >&- 2>&-")
        #expect(result.status == .exited(0))
        let text = try String(contentsOfFile: "\(directory.path)/x.folded", encoding: .utf8)
        #expect(try FoldedRecording(parsing: text, summary: "").samples > 0)
    }

    @Test func `No escape sequences are written to a pipe`() throws {
        #expect(try !record(to: "-").errors.contains("\u{1b}"))
    }

    @Test func `Colours are for terminals, and not with NO_COLOR`() throws {
        // script(1) gives the command a terminal.
        let command = "$RECORD -o /dev/null"
        // swift test sets NO_COLOR; empty, it counts as not set.
        let coloured = try shell("NO_COLOR= script -qec '\(command)' /dev/null")
        let plain = try shell("NO_COLOR=1 script -qec '\(command)' /dev/null")
        #expect(coloured.output.contains("\u{1b}[1m"))
        #expect(!plain.output.contains("\u{1b}[1m") && !plain.output.contains("\u{1b}[2m"))
        #expect(plain.output.contains("samples"))
    }

    @Test func `A dumb terminal gets lines of text and nothing else`() throws {
        let bar = "█"
        let smart = try shell("TERM=xterm script -qec '$RECORD -o /dev/null' /dev/null").output
        #expect(smart.contains("\u{1b}[K") && smart.contains(bar))
        #expect(smart.contains("naming functions …"))
        let dumb = try shell("TERM=dumb NO_COLOR= script -qec '$RECORD -o /dev/null' /dev/null").output
        #expect(dumb.contains("Quality: ") && !dumb.contains("\u{1b}") && !dumb.contains(bar))
        // A terminal's own line ends are the only carriage returns.
        #expect(!dumb.replacing("\r\n", with: "\n").contains("\r"))
        let command = "\(Locations.sonde.path) watch -p \(program.pid) -d 300ms -i 100ms"
        let watch = try shell("TERM=dumb script -qec '\(command)' /dev/null").output
        #expect(watch.contains("PID") && !watch.contains("\u{1b}"))
    }

    @Test func `Lines break at words at the terminal's width`() throws {
        let command = "stty cols 60 rows 24; $RECORD --max-depth 1 -v -o /dev/null"
        let text = try shell("TERM=dumb script -qec '\(command)' /dev/null").output
        let lines = text.split(separator: "\r\n")
        #expect(lines.contains { $0.contains("(frame_limit): ") }, "\(text)")
        #expect(lines.contains { $0.hasPrefix("    ") && !$0.contains("%  ") }, "\(text)")
        #expect(lines.allSatisfy { $0.count < 60 }, "\(text)")
    }
}
