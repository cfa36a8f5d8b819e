import Foundation
import TestSupport
import Testing

/// Targets that change what a sampler has read about them: their stacks, their code, their file, their end.
@Suite struct ChangingTargetTests {
    @Test(arguments: RecordingWay.allCases) func `Coroutines on stacks of their own are kept apart`(way: RecordingWay)
        throws
    {
        let program = try TestProgram("coroutines")
        let recording = try record(way, "-p", "\(program.pid)", "-d", "1", "-r", "500")
        let right = [
            ["coroutine_a", "spin_in_a"], ["coroutine_b", "spin_in_b"],
            ["_start", "__libc_start_main", "__libc_start_call_main", "main", "spin_in_main"],
        ]
        for spinning in ["spin_in_a", "spin_in_b", "spin_in_main"] {
            let stacks = recording.stacks.filter { $0.frames.last == spinning }
            #expect(!stacks.isEmpty)
            for stack in stacks {
                // What a coroutine returns to is the start of libc's __start_context, where no call precedes.
                let functions = stack.frames.dropFirst().filter { $0 != "__start_context" && !$0.hasPrefix("[") }
                #expect(right.contains(Array(functions)), "\(stack.frames)")
            }
        }
        #expect(recording.samples { $0.frames.last == "spin_in_main" && $0.isTruncated } == 0)
    }

    @Test(arguments: RecordingWay.allCases) func `A handler on an alternate stack`(way: RecordingWay) throws {
        let program = try TestProgram("signal", "alarm", "alternate")
        let recording = try record(way, "-p", "\(program.pid)", "-d", "0.4", "-r", "300")
        #expect(recording.samples > 0)
        for stack in recording.stacks {
            #expect(stack.passes(["busy_work", "on_signal", "spin_in_handler"]))
            // The two stacks are far from each other: the outer one may be missing, and then that is told.
            #expect(stack.isTruncated || stack.passes(["_start", "main", "outer_work", "busy_work"]))
        }
    }

    @Test(arguments: ["unmapped", "protected"], RecordingWay.allCases)
    func `A program without its text`(mode: String, way: RecordingWay) throws {
        let program = try TestProgram("without_text", mode)
        let recording = try record(way, "-p", "\(program.pid)", "-d", "0.4", "-r", "300")
        #expect(recording.samples > 0 && recording.samples == recording.summaryNumber("samples"))
        #expect(recording.stacks.allSatisfy { !$0.frames.contains("main") && !$0.frames.contains("refuge") })
    }

    @Test(arguments: RecordingWay.allCases)
    func `A program whose file is replaced while it is sampled keeps its names`(way: RecordingWay) throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/replaced"
        let programs = Locations.testPrograms
        try FileManager.default.copyItem(atPath: programs.appending(path: "recursion").path, toPath: path)
        let program = try TestProgram(at: path, arguments: ["20"])
        let recording = try WatchedRecording(way, "-p", "\(program.pid)", "-d", "0.8", "-r", "300")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: programs.appending(path: "calibrated").path, toPath: path)
        let result = try recording.finish()
        #expect(result.samples > 0 && result.truncatedSamples == 0)
        for stack in result.stacks { #expect(stack.passes(["_start", "main", "descend", "spin_at_bottom"])) }
    }

    /// Two programs whose functions are at the same addresses in reverse order, each of which executes the other.
    private func startTwins() throws -> (workshop: Workshop, program: TestProgram) {
        let workshop = try Workshop()
        for (name, other) in [("first", "second"), ("second", "first")] {
            let functions = [
                "OWN_FRAME void spin_in_\(name)(void) { result = burn(result, 30000000); NOT_A_TAIL_CALL; }",
                "OWN_FRAME void outer_\(name)(void) { spin_in_\(name)(); NOT_A_TAIL_CALL; }",
            ]
            let source = """
                #include "program.h"
                static volatile uint64_t result;
                void spin_in_\(name)(void);
                \((name == "first" ? functions : functions.reversed()).joined(separator: "\n"))
                int main(int count, char **arguments) {
                    die_with_parent();
                    if (count < 2) say_ready();
                    outer_\(name)();
                    execl("\(workshop.directory)/\(other)", arguments[0], "again", NULL);
                }
                """
            let headers = Locations.checkout.appending(path: "Tests/Programs").path
            _ = try workshop.build(
                name, from: source, in: "\(name).c", with: "gcc", "-O1", "-static", "-I", headers, "-o", name,
                "\(name).c")
        }
        return (workshop, try TestProgram(at: "\(workshop.directory)/first"))
    }

    @Test(arguments: RecordingWay.allCases)
    func `Stacks of before an exec and of after it are not mixed`(way: RecordingWay) throws {
        let (workshop, program) = try startTwins()
        let recording = try record(way, "-p", "\(program.pid)", "-d", "2", "-r", "500")
        let inside = recording.stacks.filter { stack in !stack.isTruncated && stack.frames.contains("main") }
            .filter { stack in stack.frames.contains { $0.hasPrefix("spin_in_") || $0.hasPrefix("outer_") } }
        for stack in inside {
            let own = stack.frames.filter { $0.hasPrefix("spin_in_") || $0.hasPrefix("outer_") }
            let right = [["outer_first", "spin_in_first"], ["outer_second", "spin_in_second"]]
            #expect(right.contains { $0.starts(with: own) }, "\(stack.frames)")
        }
        for name in ["first", "second"] {
            #expect(inside.contains { $0.frames.last == "spin_in_\(name)" })
        }
        _ = workshop
    }

    @Test(arguments: RecordingWay.allCases) func `A process whose first thread has ended`(way: RecordingWay) throws {
        let program = try TestProgram("headless")
        let recording = try record(way, "-p", "\(program.pid)", "-d", "0.5", "-r", "300")
        #expect(recording.truncatedSamples == 0)
        let spinning = ["start_thread", "spinner", "spin_without_leader"]
        let sleeping = ["start_thread", "sleeper", "sleep_without_leader", "pause"]
        #expect(recording.samples { $0.passes(spinning) } > 0)
        #expect(recording.stacks.allSatisfy { $0.passes(spinning) || $0.passes(sleeping) })
    }

    @Test(arguments: RecordingWay.allCases) func `A target that is killed in the midst of sampling`(way: RecordingWay)
        throws
    {
        var random = SeededGenerator(state: 5)
        for _ in 0..<4 {
            let program = try TestProgram("threads", "40", "8")
            let recording = try WatchedRecording(way, "-p", "\(program.pid)", "-r", "2000")
            try recording.waitUntilItSamples()
            usleep(UInt32.random(in: 0..<100_000, using: &random))
            program.kill()
            let (status, errors) = try recording.end()
            let hasSamples = status == .exited(0) && errors.contains("until it ended")
            #expect(hasSamples || errors.contains("the process ended before a sample was taken"), "\(errors)")
        }
    }

    @Test(arguments: RecordingWay.allCases) func `A target that is killed and not waited for`(way: RecordingWay) throws
    {
        let program = try TestProgram("threads", "40", "8")
        let recording = try WatchedRecording(way, "-p", "\(program.pid)", "-r", "1000")
        // Its first ticks may all find the thread of this test on the CPU.
        try recording.waitUntilItSamples(sleeps: 60)
        program.child.killWithoutReaping()
        let (status, errors) = try recording.end(within: 10)
        #expect(status == .exited(0) && errors.contains("until it ended"), "\(errors)")
    }

    /// The parent of a vfork waits in the kernel, where no signal but SIGKILL reaches it, while its child has its memory.
    private static let vforking = """
        #include "program.h"
        static volatile uint64_t result;
        OWN_FRAME void spin_in_child(void) { for (;;) result = burn(result, 100000); }
        OWN_FRAME void wait_for_child(void) {
            pid_t child = vfork();
            if (child == 0) { die_with_parent(); say_ready(); spin_in_child(); }
        }
        int main(void) { die_with_parent(); wait_for_child(); NOT_A_TAIL_CALL; }
        """

    @Test(arguments: RecordingWay.allCases) func `The child of a vfork, and its parent that waits`(way: RecordingWay)
        throws
    {
        let program = try TestProgram(named: "vforking", source: Self.vforking)
        let recording = try record(way, "-s", "-p", "\(program.pid)", "-d", "0.5", "-r", "300")
        let child = recording.stacks.filter { $0.frames.contains("spin_in_child") }
        #expect(!child.isEmpty)
        #expect(child.allSatisfy { $0.passes(["_start", "main", "wait_for_child", "spin_in_child"]) })
        let status = try String(contentsOfFile: "/proc/\(program.pid)/status", encoding: .utf8)
        #expect(status.contains("\nState:\tD"))
    }
}
