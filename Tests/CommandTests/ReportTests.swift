import Foundation
import TestSupport
import Testing

/// `sonde report` and `sonde diff`: profiles that are read back.
@Suite struct ReportTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("app;main;serve;parse 60\napp;main;serve;send 30\napp;main;idle 10\n", to: "a.folded")
    }

    private func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    private func report(_ arguments: String...) throws -> CommandResult {
        try sonde(["report", path("a.folded")] + arguments)
    }

    @Test func `Without options it prints the hottest functions`() throws {
        let result = try report()
        #expect(result.status == .exited(0))
        let rows = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.first == ["SELF", "TOTAL", "FUNCTION"])
        #expect(rows.dropFirst().first == ["60.00%", "60.00%", "parse"])
        #expect(rows.contains(["0.00%", "90.00%", "serve"]))
    }

    @Test func `As many rows are shown as the limit says, and all for 0`() throws {
        func rows(_ arguments: String...) throws -> Int {
            try sonde(["report", path("a.folded")] + arguments).output.split(separator: "\n").count - 1
        }
        #expect(try rows("--limit", "2") == 2)
        #expect(try rows("-l", "0") == 5)
        let file = path("a.folded")
        for command in [["report", file], ["diff", file, file], ["memory", "-p", "1"]] {
            let refused = try sonde(command + ["--limit=-1"])
            #expect(refused.status == .exited(64) && refused.errors.contains("'--limit"), "\(refused.errors)")
        }
    }

    @Test func `A tree, callers and callees of a function`() throws {
        #expect(try report("--tree").output.contains(" 60.00%   60.00%  │ ├ parse\n"))
        #expect(
            try report("--callers", "^parse$").output.hasSuffix(
                "parse\n100.00%    0.00%  serve\n100.00%  100.00%  main\n"))
        #expect(try report("--callees", "serve").output.contains(" 66.67%   66.67%  ├ parse\n"))
    }

    private static let python = """
        app;main;<module> (/srv/run.py);import_it;_load (<frozen importlib._bootstrap>);call;exec_module \
        (<frozen importlib._bootstrap_external>);exec;<module> (/srv/views.py);parse 60
        app;main;<module> (/srv/run.py);Handler.get (/srv/views.py);send 30
        app;main;poll 10

        """

    @Test(arguments: [
        (
            ["--python-only"],
            [
                "<module> (/srv/run.py);Handler.get (/srv/views.py) 30",
                "<module> (/srv/run.py);_load (<frozen importlib._bootstrap>);"
                    + "exec_module (<frozen importlib._bootstrap_external>);<module> (/srv/views.py) 60", "[native] 10",
            ]
        ),
        (
            ["--python-only", "--fold-imports", "--no-idle"],
            [
                "<module> (/srv/run.py);Handler.get (/srv/views.py) 30",
                "<module> (/srv/run.py);[importlib];<module> (/srv/views.py) 60",
            ]
        ),
        (
            ["--fold-imports", "--ignore", "Handler.*views.py"],
            [
                "main;<module> (/srv/run.py);import_it;[importlib];exec;<module> (/srv/views.py);parse 60",
                "main;poll 10",
            ]
        ),
    ])
    func `Python's frames are kept alone, and imports are folded`(options: [String], lines: [String]) throws {
        try directory.write(Self.python, to: "python.folded")
        let result = try sonde(["report", path("python.folded"), "-f", "folded", "--group-by", "none"] + options)
        #expect(result.status == .exited(0))
        #expect(result.output == lines.map { "all;\($0)\n" }.joined(), "\(result.errors)")
    }

    @Test func `Python functions are compared alone`() throws {
        try directory.write(Self.python, to: "before.folded")
        try directory.write(Self.python.replacing(" 30", with: " 4000"), to: "after.folded")
        let result = try sonde(
            ["diff", path("before.folded"), path("after.folded"), "--python-only", "--json"])
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(result.output.contains("Handler.get (views.py)") && !result.output.contains("\"send\""))
    }

    @Test func `Native frames alone can't be had of a saved profile`() throws {
        let result = try report("--native-only")
        #expect(result.status == .exited(64))
        #expect(result.errors.contains("--native-only applies to record, dump and top"))
    }

    @Test func `Filters are applied before anything is written`() throws {
        let cases: [([String], String)] = [
            (["--focus", "serve"], "main;serve;parse 60\nmain;serve;send 30\n"),
            (["--ignore", "PARSE|idle"], "main;serve;parse 60\nmain;serve;send 30\n"),
            (["--ignore", "parse|idle"], "main;serve;send 30\n"),
            (["--hide", "serve", "--focus", "send"], "main;send 30\n"),
            (["--trim-to", "serve"], "serve;parse 60\nserve;send 30\n"),
        ]
        for (options, expected) in cases {
            let result = try sonde(
                ["report", path("a.folded"), "-f", "folded", "--group-by", "none"] + options)
            let stacks = result.output.split(separator: "\n").map { $0.drop { $0 != ";" }.dropFirst() }
            #expect(stacks.joined(separator: "\n") + "\n" == expected, "\(options)")
        }
    }

    @Test(arguments: ["svg", "html", "pb.gz", "speedscope.json", "perf", "json", "folded"])
    func `The ending of the output chooses its format, and what can be read is read back`(ending: String) throws {
        let output = path("out." + ending)
        #expect(try report("-o", output).status == .exited(0))
        let again = try sonde(["report", output])
        let isPicture = ending == "svg" || ending == "html"
        #expect(again.status == .exited(isPicture ? 1 : 0))
        #expect(again.output.contains("60.00%   60.00%  parse") != isPicture)
    }

    @Test func `JSON goes to a file whose name ends in json, and to no file of another format`() throws {
        let output = path("out.json")
        #expect(try report("--json", "-o", output).status == .exited(0))
        #expect(try String(contentsOfFile: output, encoding: .utf8).contains("\"document\" : \"report\""))
        for other in [["-o", path("out.speedscope.json")], ["-o", path("out.svg")], ["-f", "json", "-o", output]] {
            let refused = try sonde(["report", path("a.folded"), "--json"] + other)
            #expect(refused.status == .exited(64) && refused.errors.contains("Use one of"), "\(other)")
        }
    }

    @Test func `Nothing that a file holds acts on a terminal`() throws {
        try directory.write(Self.hostile, to: "hostile.json")
        let command = "\(Locations.sonde.path) report \(path("hostile.json")) -f json"
        let piped = try run(["/bin/sh", "-c", command]).output
        #expect(piped.contains("\u{202E}") && piped.contains("\u{9B}"))
        let shown = try run(["/bin/sh", "-c", "script -qec '\(command)' /dev/null"]).output
        #expect(shown.contains("\"samples\":3,") && shown.contains("\\u{202e}"))
        #expect(!shown.unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{9B}" })
    }

    @Test func `Reasons of a file are printable in JSON, and those alike are one`() throws {
        try directory.write(Self.hostile, to: "hostile.json")
        let result = try sonde(["report", path("hostile.json"), "--json"])
        #expect(try JSONSchema.faults(in: result.standardOutput, document: "report") == "")
        let document = try JSONDecoder().decode(Counts.self, from: result.standardOutput)
        #expect(document.lost == ["a\\u{9b}": 3] && document.truncated == ["\\u{202e}": 1])
        #expect(document.pid == nil && document.processes?.map(\.pid) == [nil])
        let unknown = try report("--json")
        #expect(try JSONDecoder().decode(Counts.self, from: unknown.standardOutput).processes == nil)
        let compared = try sonde(["diff", path("hostile.json"), path("hostile.json"), "--json", "--all"])
        #expect(try JSONSchema.faults(in: compared.standardOutput, document: "diff") == "")
        #expect(!compared.output.unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{9B}" })
    }

    private struct Counts: Decodable {
        struct Process: Decodable { let pid: Int32? }
        let pid: Int32?
        let processes: [Process]?
        let lost: [String: UInt64]?
        let truncated: [String: UInt64]?
    }

    /// A profile with control characters in all that it names, and a process that can't be.
    private static let hostile = """
        {"schema":1,"version":"0","command":"c\u{202E}","processes":[0],"rate_hertz":99,"start_nanoseconds":1,
        "duration_nanoseconds":9,"comments":[],"counts":{"samples":3,"lost":{"a\u{9B}":1,"a\\\\u{9b}":2},
        "truncated":{"\u{202E}":1}},"sample_types":[{"name":"samples","unit":"count"}],"shown_type":0,
        "strings":["f\u{202E}\u{9B}"],"mappings":[],"functions":[[0,null,"native",null,null]],
        "locations":[["unknown",null,null,[0,null]]],"stacks":[[null,0]],"threads":[[0,0,0,0]],
        "samples":[[0,0,null,[3],[]]]}
        """

    @Test func `Gzipped and piped input is read`() throws {
        let output = path("out.pb.gz")
        #expect(try report("-o", output).status == .exited(0))
        let command = "gunzip < \(output) | \(Locations.sonde.path) report - --top"
        let result = try run(["/bin/sh", "-c", command])
        #expect(result.output.contains("60.00%   60.00%  parse"))
    }

    @Test(arguments: [
        (["--from", "2s", "--to", "1s"], 64, "--from must be before --to"),
        (["--focus", "("], 64, "missing )"),
        (["--tree", "--top"], 64, "Use one of"),
        (["--focus", "nothing"], 1, "no sample is left"),
        (["--thread", "nothing"], 1, "--thread is searched for in "),
        (["--callers", "^PARSE$"], 1, "no stack has a function that matches ^PARSE$"),
        (["--callees", "nothing"], 1, "no stack has a function that matches nothing"),
        (["--tree", "--threads"], 64, "don't apply to tables and trees"),
        (["--from", "1s"], 1, "doesn't say when its samples were taken"),
        (["-f", "folded", "--inverted"], 64, "--inverted applies"),
    ])
    func `What can't be is refused with the reason`(options: [String], status: Int32, reason: String) throws {
        let result = try sonde(["report", path("a.folded")] + options)
        #expect(result.status == .exited(status))
        #expect(result.errors.hasPrefix("error: ") && result.errors.contains(reason))
    }

    @Test func `A file that is no profile is named with the place`() throws {
        try directory.write("main;f 3\nmain;g what\n", to: "b.folded")
        try directory.write("\u{0}\u{1}\u{2}", to: "c")
        for name in ["b.folded", "c", "none"] {
            let result = try sonde(["report", path(name)])
            #expect(result.status == .exited(1) && result.output.isEmpty)
            #expect(result.errors.hasPrefix("error: \(path(name))"), "\(result.errors)")
        }
        #expect(try sonde(["report", path("b.folded")]).errors.contains("line 2"))
    }

    @Test func `A recording is cut to a time, and compared with its rest`() throws {
        let program = try TestProgram("calibrated")
        let file = path("r.json")
        let recorded = try sonde(["record", "-p", "\(program.pid)", "-d", "2", "-r", "200", "-o", file])
        #expect(recorded.status == .exited(0))
        let whole = try sonde(["report", file, "--from", "0s", "--to", "1s"])
        #expect(whole.status == .exited(0) && whole.output.contains("hot"))
        let beyond = try sonde(["report", file, "--from", "1h", "--focus", "hot"])
        #expect(beyond.status == .exited(1))
        #expect(beyond.errors.contains("; the recording has ") && beyond.errors.contains("in function names"))
        let part = try sonde(["report", file, "--from", "500ms", "--to", "1s"])
        #expect(part.status == .exited(0) && part.output.contains("hot"))
        let result = try sonde(["diff", file, "--before", "0s-1s", "--after", "1s-2s"])
        #expect(result.status == .exited(0))
        #expect(result.output.hasPrefix("before") && result.output.contains("after"))
    }

    // MARK: - diff

    @Test func `What grew is the first row, and fails where growth may not be`() throws {
        try directory.write("main;parse 300\nmain;send 4850\nmain;read 4850\n", to: "before.folded")
        try directory.write("main;parse 900\nmain;send 4550\nmain;read 4550\n", to: "after.folded")
        let files = [path("before.folded"), path("after.folded")]
        let table = try sonde(["diff"] + files)
        #expect(table.status == .exited(0))
        #expect(table.output.contains("grew") && table.output.contains("parse"))
        #expect(try sonde(["diff", "--fail-on-growth", "1"] + files).status == .exited(3))
        #expect(try sonde(["diff", "--fail-on-growth", "50"] + files).status == .exited(0))
        let same = try sonde(["diff", "--fail-on-growth", "0", files[0], files[0]])
        #expect(same.status == .exited(0) && same.output.contains("No function differs"))
        let graph = path("diff.svg")
        #expect(try sonde(["diff", "-o", graph] + files).status == .exited(0))
        #expect(try String(contentsOfFile: graph, encoding: .utf8).contains("3.00% → 9.00%"))
        let page = path("diff.html")
        let written = try sonde(["diff", "-o", page] + files)
        #expect(written.status == .exited(0) && written.output.contains("grew"))
        #expect(try String(contentsOfFile: page, encoding: .utf8).hasPrefix("<!DOCTYPE html>"))
    }

    @Test func `A comparison is not written into a file of a format that it has not`() throws {
        for name in ["diff.pb.gz", "diff.speedscope.json", "diff.perf"] {
            let result = try sonde("diff", path("a.folded"), path("a.folded"), "-o", path(name))
            #expect(result.status == .exited(64) && result.errors.contains("stands for no format"), "\(result.errors)")
        }
    }

    @Test func `Tables and trees omit idle waits`() throws {
        try directory.write("main;serve 3\nmain;wait;epoll_wait 7\n", to: "idle.folded")
        for view in [["--top"], ["--tree"], ["-f", "top"]] {
            let result = try sonde(["report", path("idle.folded"), "--no-idle"] + view)
            #expect(result.status == .exited(0) && result.output.contains("100.00%  100.00%  "), "\(result.errors)")
            #expect(!result.output.contains("epoll_wait"))
        }
    }

    @Test func `A comparison with a file that is no profile names the file`() throws {
        try directory.write("what", to: "b.folded")
        let result = try sonde(["diff", path("a.folded"), path("b.folded")])
        #expect(result.status == .exited(1) && result.errors.contains(path("b.folded")))
    }
}
