import Foundation
import TestSupport
import Testing

/// What `sonde record` shows of a process, and how it accounts for it.
@Suite struct RecordTests {
    @Test func `Three quarters are three quarters`() throws {
        let program = try TestProgram("calibrated")
        let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "3", "-r", "500")
        let hot = recording.weight { $0.frames.last == "hot" }
        let cold = recording.weight { $0.frames.last == "cold" }
        #expect(hot + cold > 100)
        #expect(isBinomial(hot, of: hot + cold, probability: 0.75, spread: recording.spread(rate: 500)))
        #expect(recording.stacks.allSatisfy { $0.frames.starts(with: ["calibrated", "_start", "__libc_start_main"]) })
    }

    @Test func `The end is the hottest functions, how good the recording is, and what it cost`() throws {
        let program = try TestProgram("calibrated")
        let command = ["record", "-p", "\(program.pid)", "-d", "1", "-r", "300", "-o", "/dev/null"]
        let result = try sonde(command)
        let lines = result.errors.split(separator: "\n").map(String.init)
        let heading = try #require(lines.firstIndex { $0.hasSuffix("SELF    TOTAL  FUNCTION") }, "\(result.errors)")
        #expect(lines[0].hasPrefix("Recorded calibrated (PID \(program.pid)) for "))
        #expect(lines[heading + 1].hasSuffix("%  hot") && lines[heading + 2].hasSuffix("%  cold"), "\(result.errors)")
        #expect(lines.contains { $0.hasPrefix("Quality: ") && $0.contains(" samples of 1 thread, for ") })
        #expect(lines.contains { $0.hasPrefix("Cost: ptrace; stops of ") && $0.contains("Sonde used ") })
        #expect(!lines.contains { $0.hasPrefix("  ticks ") })
        let verbose = try sonde(command + ["-v"]).errors
        for row in ["samples", "truncated", "ticks", "stopped"] {
            #expect(verbose.contains("\n  \(row) "), "\(verbose)")
        }
    }

    @Test func `The hottest functions are in the JSON too`() throws {
        struct Summary: Decodable {
            struct Function: Decodable {
                let name: String
                let kind: String
                let selfNanoseconds: UInt64
                let totalNanoseconds: UInt64
                let selfShare: Double
                let totalShare: Double
            }
            let samples: UInt64
            let functions: [Function]
        }
        let program = try TestProgram("calibrated")
        let result = try sonde(
            "record", "-p", "\(program.pid)", "-d", "1", "-r", "500", "-o", "/dev/null", "--json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let summary = try decoder.decode(Summary.self, from: result.standardOutput)
        let hot = try #require(summary.functions.first)
        #expect(hot.name == "hot" && hot.kind == "native" && summary.functions.count <= 10)
        #expect(hot.selfShare > 0.5 && hot.selfShare < 1 && hot.selfShare == hot.totalShare)
        // A sample stands for two milliseconds.
        #expect(Double(hot.selfNanoseconds) == (hot.selfShare * Double(summary.samples)).rounded() * 2_000_000)
        let main = try #require(summary.functions.first { $0.name == "main" })
        #expect(main.totalShare > 0.9 && main.selfShare < 0.1 && main.totalNanoseconds > hot.totalNanoseconds)
    }

    @Test(arguments: ["cpu", "wall"]) func `The stacks add up to what the summary says`(mode: String) throws {
        let program = try TestProgram("threads", "16", "2")
        let recording = try record("-p", "\(program.pid)", "-d", "1", "-r", "200", "--mode", mode)
        #expect(recording.samples > 0)
        #expect(recording.samples == recording.summaryNumber("samples"))
        #expect(recording.truncatedSamples == recording.summaryNumber("truncated"))
    }

    @Test func `Threads can be kept apart`() throws {
        let program = try TestProgram("threads", "8", "0")
        let recording = try record("-p", "\(program.pid)", "-d", "0.5", "-r", "200", "--mode", "wall", "-t")
        let rows = Set(recording.stacks.map { $0.frames.prefix { !["_start", "clone3"].contains($0) } })
        #expect(rows.count == 8)
    }

    @Test func `Hostile thread names stay in their line and off the terminal`() throws {
        let program = try TestProgram("hostile_name")
        for arguments in [["-t"], []] {
            let result = try sonde(
                ["record", "-v", "-f", "folded", "-o", "-", "-d", "1", "-r", "500", "--mode", "wall", "-p"]
                    + ["\(program.pid)"] + arguments)
            #expect(result.status == .exited(0))
            for text in [result.output, result.errors] {
                #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
            }
            let recording = try FoldedRecording(parsing: result.output, summary: result.errors)
            #expect(recording.samples == recording.summaryNumber("samples"))
            #expect(recording.stacks.allSatisfy { $0.passes(["main"]) || $0.passes(["start_thread", "run"]) })
        }
    }

    @Test func `A stack above --max-depth is cut where it says`() throws {
        let program = try TestProgram("recursion", "400")
        let recording = try record("-p", "\(program.pid)", "-d", "0.5", "-r", "200", "--max-depth", "50")
        #expect(recording.truncatedSamples == recording.samples)
        for stack in recording.stacks {
            #expect(Array(stack.frames.prefix(3)) == ["recursion", "[truncated: frame_limit]", "descend"])
            #expect(stack.frames.count == 52)
        }
        let remedy = "100.0 % deeper than --max-depth (frame_limit): increase --max-depth"
        #expect(recording.summary.contains("warning: 100.0 % of the stacks are truncated\n  \(remedy)\n"))
    }

    @Test func `Frames without symbols are counted, with the remedy for a file of no package`() throws {
        let source = """
            #include "program.h"
            static volatile uint64_t result;
            int main(void) { die_with_parent(); say_ready(); for (;;) result = burn(result, 1000); }
            """
        let stripped = try TestProgram(named: "stripped-test", source: source, flags: ["-s"])
        let errors = try sonde("record", "-p", "\(stripped.pid)", "-d", "0.5", "-r", "300", "-o", "/dev/null").errors
        let lines = errors.split(separator: "\n")
        let warning = try #require(lines.first { $0.contains("have no name") }, "\(errors)")
        #expect(warning.hasPrefix("warning: ") && warning.hasSuffix(" have no name, most in stripped-test"))
        #expect(errors.contains("\n  stripped-test: of no package; use a build that is not stripped"))
        let named = try TestProgram("calibrated")
        let whole = try sonde("record", "-p", "\(named.pid)", "-d", "0.5", "-r", "300", "-o", "/dev/null").errors
        #expect(!whole.contains("no name"), "\(whole)")
    }

    @Test func `Generated code without names is counted, with the flag that names it`() throws {
        let program = try TestProgram(
            named: "generated-test",
            source: """
                #include "program.h"
                #include <string.h>
                #include <sys/mman.h>
                int main(void) {
                    die_with_parent();
                    int writable = PROT_READ | PROT_WRITE;
                    char *code = mmap(0, 4096, writable, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                    memcpy(code, "\\xeb\\xfe", 2);
                    mprotect(code, 4096, PROT_READ | PROT_EXEC);
                    say_ready();
                    ((void (*)(void))code)();
                }
                """)
        let errors = try sonde("record", "-p", "\(program.pid)", "-d", "0.5", "-r", "300", "-o", "/dev/null").errors
        #expect(errors.contains(" % of the innermost) are [anonymous], generated code without names: start the"))
    }

    /// With a name of two words, which tools that split lines at blanks take for two.
    @Test func `The pipelines that the help shows work on any name`() throws {
        let program = try TestProgram(
            named: "two-words-test",
            source: """
                #include "program.h"
                static volatile uint64_t result;
                OWN_FRAME void often(void) { result = burn(result, 100000); }
                OWN_FRAME void seldom(void) { result = burn(result, 10000); }
                int main(void) {
                    die_with_parent();
                    prctl(PR_SET_NAME, "tmux: server");
                    say_ready();
                    for (;;) { often(); seldom(); }
                }
                """)
        let help = try sonde("record", "--help").output.split(separator: "\n").map { $0.drop { $0 == " " } }
        let examples = help.filter { $0.hasPrefix("sonde record -p 812 -d 10 ") }
        try #require(examples.count == 2, "\(help)")
        for example in examples {
            let command = String(example).replacing("sonde", with: Locations.sonde.path)
                .replacing("812", with: "\(program.pid)").replacing("-d 10", with: "-d 1 -r 300")
            let result = try run(["/bin/sh", "-c", command])
            #expect(result.status == .exited(0), "\(result.errors)")
            let lines = result.output.split(separator: "\n")
            let often = try #require(lines.firstIndex { $0.contains("often") }, "\(result.output)")
            let seldom = try #require(lines.firstIndex { $0.contains("seldom") }, "\(result.output)")
            #expect(often < seldom, "\(result.output)")
        }
    }

    @Test func `A sleeping process has nothing for CPU mode, which says so`() throws {
        let program = try TestProgram("threads", "4", "0")
        let result = try sonde("record", "-p", "\(program.pid)", "-d", "0.3", "-f", "folded", "-o", "-")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("--mode wall"))
    }

    @Test func `What was seen of a process that ends is kept`() throws {
        let recording = try WatchedRecording.ofEndingProgram(.cpu)
        #expect(recording.samples { $0.frames.contains("spin_until_exit") } > 0)
        #expect(recording.summary.contains("until it ended"))
    }

    @Test func `A target is let go at once when it stops, also if Sonde's parent ignored SIGCHLD`() throws {
        let program = try TestProgram("answers", "2")
        let command =
            "trap '' CHLD; exec '\(Locations.sonde.path)' record -p \(program.pid) -d 1 -r 1000 -f folded -o -"
        let result = try run(["/bin/sh", "-c", command])
        #expect(result.status == .exited(0))
        _ = try (program.line(), program.line())
    }

    @Test func `All servers of a name are found and kept apart`() throws {
        let server = try Server.postgres()
        let load = try server.startPostgresLoad()
        let areConnected = try eventually {
            try run(["/usr/bin/pgrep", "-c", "-P", "\(server.pid)", "-f", "127.0.0.1"]).output == "2\n"
        }
        #expect(areConnected)
        let recording = try MeasuredRecording("-n", "postgres*", "-d", "2", "-r", "300", within: 90)
        let backends = recording.stacks.filter { $0.passes(["main", "PostmasterMain", "PostgresMain"]) }
        #expect(Set(backends.map { $0.frames[0] }).count >= 2)
        let (truncated, samples) = (recording.folded.truncatedSamples, recording.folded.samples)
        #expect(isRare(truncated, of: samples, spread: recording.spread(rate: 300)))
        load.kill()
    }
}
