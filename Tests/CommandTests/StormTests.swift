import Foundation
import TestSupport
import Testing

/// Targets whose threads and children come and go by the hundred each second.
@Suite struct StormTests {
    @Test(arguments: RecordingWay.allCases)
    func `A thousand threads born and gone each second`(way: RecordingWay) throws {
        let program = try TestProgram("thread_churn", "1000")
        let recording = try WatchedRecording(way, "-p", "\(program.pid)", "-d", "2", "-r", "1000")
        let result = try recording.finish()
        #expect(result.samples > 0 && result.samples == result.summaryNumber("samples"))
        let working = result.stacks.filter { $0.frames.contains("short_life") && !$0.isTruncated }
        #expect(!working.isEmpty)
        #expect(working.allSatisfy { $0.passes(["start_thread", "run", "short_life"]) })
        // Hundreds of the threads that have ended were looked at, by two or more descriptors each.
        #expect((1..<600).contains(recording.descriptors), "\(recording.descriptors)")
        #expect((1..<200_000).contains(recording.peakKilobytes), "\(recording.peakKilobytes) KiB")
    }

    @Test(arguments: RecordingWay.allCases)
    func `Hundreds of forks each second, with descendants`(way: RecordingWay) throws {
        let program = try TestProgram("fork_storm", "300")
        // Of most children, a stop finds nothing before they end.
        let duration = way == .events ? "2" : "5"
        let recording = try WatchedRecording(way, "-s", "-p", "\(program.pid)", "-d", duration, "-r", "500")
        let result = try recording.finish()
        #expect(result.samples > 0 && result.samples == result.summaryNumber("samples"))
        let working = result.stacks.filter { $0.frames.contains("child_work") && !$0.isTruncated }
        #expect(!working.isEmpty)
        #expect(working.allSatisfy { $0.passes(["_start", "main", "start", "child_work"]) })
        #expect((1..<200_000).contains(recording.peakKilobytes), "\(recording.peakKilobytes) KiB")
        program.child.closeInput()
        #expect(try program.child.exitStatus() == .exited(0))
    }

    @Test(arguments: RecordingWay.allCases)
    func `Ended descendants leave no descriptors open`(way: RecordingWay) throws {
        let program = try TestProgram("fork_storm", "300")
        let recording = try WatchedRecording(
            way, "-s", "-p", "\(program.pid)", "-d", "4", "-r", "500", "--sampler", way == .events ? "perf" : "ptrace")
        _ = try recording.finish()
        // Some for the recording, and a few for each of the two or three processes that there are at a time; the records
        // of events come later than the processes' ends, by up to half a second.
        #expect((1..<(way == .events ? 1000 : 150)).contains(recording.descriptors), "\(recording.descriptors)")
    }

    @Test func `Threads that can't be kept are told`() throws {
        let program = try TestProgram("threads", "400", "0")
        let result = try run(
            [
                "/bin/sh", "-c", "ulimit -n 256; exec \"$0\" \"$@\"", Locations.sonde.path, "record", "-p",
                "\(program.pid)",
            ]
                + ["--mode", "wall", "-d", "0.5", "-f", "folded", "-o", "-"])
        #expect(result.errors.contains("open files"), "\(result.errors)")
    }

    @Test func `More threads than a session allows open files`() throws {
        let program = try TestProgram("threads", "400", "0")
        let command = "ulimit -Sn 256; exec \"$0\" \"$@\""
        let result = try run(
            ["/bin/sh", "-c", command, Locations.sonde.path, "record", "-p", "\(program.pid)", "--mode", "wall"]
                + ["-d", "0.5", "-t", "-f", "folded", "-o", "-"])
        #expect(result.status == .exited(0))
        let recording = try FoldedRecording(parsing: result.output, summary: result.errors)
        #expect(Set(recording.stacks.map { $0.frames.prefix(2) }).count == 400)
    }

    @Test func `A command has the limit of open files that it would have without Sonde`() throws {
        let sonde = Locations.sonde.path
        let result = try run(
            [
                "/bin/sh", "-c",
                "ulimit -Sn 256; '\(sonde)' record -o /dev/null -r 1000 -- sh -c 'ulimit -Sn; ulimit -Hn'",
            ])
        let hard = try run(["/bin/sh", "-c", "ulimit -Hn"])
        #expect(result.output == "256\n" + hard.output)
    }
}
