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
                ["record", "-f", "folded", "-o", "-", "-d", "1", "-r", "500", "--mode", "wall", "-p", "\(program.pid)"]
                    + arguments)
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
        #expect(recording.summary.contains("frame_limit"))
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
