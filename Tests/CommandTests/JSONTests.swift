import Foundation
import TestSupport
import Testing

/// What every command writes with `--json`: docs/json.md.
@Suite struct JSONTests {
    /// A command and its options; PID stands for the target's number, FILE for a path.
    struct Case: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        var document: String { arguments[0] }
        var testDescription: String { arguments.joined(separator: " ") }

        init(_ text: String) { arguments = text.split(separator: " ").map(String.init) }
    }

    private static let cases = [
        Case("dump -p PID"), Case("dump -p PID --tasks"), Case("dump -p PID --locals"), Case("memory -p PID"),
        Case("memory -p PID -d 0.2"), Case("heap -p PID"), Case("heap -p PID --diff 0.1"), Case("leaks -p PID"),
        Case("watch -p PID -i 0.05 -d 0.5"), Case("watch -p PID -i 0.05 --window 2s -d 3"), Case("doctor"),
        Case("doctor -p PID -p 99999999"), Case("record -p PID -d 0.5 -f folded -o FILE"),
        Case("record -p PID -d 0.5 --mode wall -f folded -o FILE"),
    ]

    @Test(arguments: cases) func `Real output is what the schema says`(_ one: Case) throws {
        let directory = try TemporaryDirectory()
        let program = try TestProgram("threads", "3", "1")
        let arguments = one.arguments.map {
            $0 == "PID" ? "\(program.pid)" : $0 == "FILE" ? "\(directory.path)/x" : $0
        }
        let result = try sonde(arguments + ["--json"])
        #expect(try JSONSchema.faults(in: result.standardOutput, document: one.document) == "")
    }

    @Test(arguments: [
        "timestamp,bytes\n1,5\n",
        "timestamp,bytes,pid,name\n" + (0..<100).map { "\($0),\($0 * 1_000_000),12,\"a,b\"\n\($0),5,13,\n" }.joined(),
        "timestamp,bytes\n" + (0..<1_440).map { "\(1_700_000_000 + $0 * 60),\($0 * 300_000)\n" }.joined(),
    ])
    func `Trends are what the schema says`(csv: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write(csv, to: "series.csv")
        for options in [[], ["--memory-limit", "2G"]] {
            let result = try sonde(["trend", "\(directory.path)/series.csv", "--json"] + options)
            #expect(try JSONSchema.faults(in: result.standardOutput, document: "trend") == "")
        }
    }

    @Test func `Comparisons are what the schema says`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("main;parse 300\nmain;send 9700\n", to: "before.folded")
        try directory.write("main;parse 900\nmain;send 9000\nmain;new 100\n", to: "after.folded")
        let files = ["before", "after"].map { "\(directory.path)/\($0).folded" }
        let result = try sonde(["diff", "--json"] + files)
        #expect(try JSONSchema.faults(in: result.standardOutput, document: "diff") == "")
    }

    @Test(arguments: [[], ["--focus", "parse"], ["--limit", "1"]])
    func `Reports are what the schema says`(options: [String]) throws {
        let directory = try TemporaryDirectory()
        try directory.write("main;parse 300\nmain;send 9700\n", to: "a.folded")
        let result = try sonde(["report", "\(directory.path)/a.folded", "--json"] + options)
        #expect(try JSONSchema.faults(in: result.standardOutput, document: "report") == "")
        #expect(result.output.contains("\"self_share\" : \(options.first == "--focus" ? "1" : "0.97")"))
    }

    @Test func `A key that is missing, unknown or of another type is a fault`() throws {
        let program = try TestProgram("calibrated")
        let output = try sonde("dump", "-p", "\(program.pid)", "--json").output
        for (found, replacement) in [
            ("\"schema\" : 1,", ""), ("\"inlined\" : false", "\"inlined\" : 0"),
            ("\"document\" : \"dump\",", "\"document\" : \"dump\", \"other\" : 1,"),
        ] {
            #expect(output.contains(found))
            let changed = Data(output.replacingOccurrences(of: found, with: replacement).utf8)
            #expect(try JSONSchema.faults(in: changed, document: "dump") != "")
        }
    }

    private struct Header: Decodable {
        let schema: Int
        let document: String
        let version: String
        let pid: Int32?
        let name: String?
        let command: String?
        let process_start: String?
        let start: String?
        let warnings: [String]
    }

    @Test func `A document says which process it is about, and since when that runs`() throws {
        let program = try TestProgram("calibrated")
        let before = Date()
        let result = try sonde("dump", "-p", "\(program.pid)", "--json")
        let header = try #require(try JSONDecoder().decode([Header].self, from: result.standardOutput).first)
        #expect(header.schema == 1 && header.document == "dump")
        #expect(header.version == (try sonde("--version")).output.trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(header.pid == program.pid && header.name == "calibrated")
        #expect(header.command?.hasSuffix("/calibrated") == true)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let (start, processStart) = (
            try style.parse(try #require(header.start)), try style.parse(try #require(header.process_start))
        )
        #expect(processStart < start)
        // Rounded to milliseconds, and by the kernel to hundredths of a second.
        #expect(start.timeIntervalSince(before) > -0.01 && processStart.timeIntervalSince(before) < 0.02)
    }

    @Test func `What an interpreter runs is named, and its arguments are not`() throws {
        let workshop = try Workshop()
        try workshop.write("print('ready', flush=True)\nwhile True: input()", to: "serve.py")
        let program = try TestProgram(
            at: "/usr/bin/python3", arguments: ["-I", "\(workshop.directory)/serve.py", "--password", "geheim"])
        let result = try sonde("memory", "-p", "\(program.pid)", "--json")
        let header = try #require(try JSONDecoder().decode([Header].self, from: result.standardOutput).first)
        #expect(try #require(header.command).hasPrefix("/usr/bin/python3"))
        #expect(try #require(header.command).hasSuffix(" serve.py"))
        #expect(!result.output.contains("geheim"))
    }

    @Test func `Warnings are in the document`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("timestamp,bytes\n1,5\nnan,5\n", to: "series.csv")
        let result = try sonde("trend", "\(directory.path)/series.csv", "--json")
        let header = try JSONDecoder().decode(Header.self, from: result.standardOutput)
        #expect(header.warnings.count == 1)
        #expect(header.warnings.first?.hasPrefix("1 row without a finite timestamp") == true)
        #expect(result.errors.contains(header.warnings.first ?? "-"))
        #expect(header.pid == nil && header.start == "1970-01-01T00:00:01.000Z")
    }
}
