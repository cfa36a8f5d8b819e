import Foundation
import TestSupport
import Testing

/// SIGSTOP, SIGCONT, and what a target's parent sees of it.
@Suite struct StoppedTargetTests {
    /// Stops and continues a child that counts, a number of rounds for each line of input.
    ///
    /// Prints the child's number, and for each line "right" if wait(2) and SIGCHLD told exactly what was done, the child
    /// stood still while stopped and went on when continued; what went wrong otherwise.
    private static let parent = """
        #include "program.h"
        #include <sys/mman.h>
        #include <sys/wait.h>
        static volatile uint64_t result;
        static volatile sig_atomic_t signals;
        static void count(int signal) { (void)signal; signals++; }
        static const char *round_of(pid_t child, volatile long *steps) {
            int status;
            kill(child, SIGSTOP);
            if (waitpid(child, &status, WUNTRACED | WCONTINUED) != child) return "wait for the stop";
            if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) return "another stop";
            long before = *steps;
            sleep_milliseconds(2);
            if (*steps != before) return "it ran while it was stopped";
            if (waitpid(child, &status, WUNTRACED | WCONTINUED | WNOHANG) != 0) return "something more than a stop";
            kill(child, SIGCONT);
            if (waitpid(child, &status, WUNTRACED | WCONTINUED) != child) return "wait for the continuation";
            if (!WIFCONTINUED(status)) return "no continuation";
            while (*steps == before) sched_yield();
            if (waitpid(child, &status, WUNTRACED | WCONTINUED | WNOHANG) != 0) return "something more than that";
            return NULL;
        }
        int main(void) {
            die_with_parent();
            struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
            sigaction(SIGCHLD, &action, NULL);
            volatile long *steps = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
            pid_t child = fork();
            if (child == 0) {
                die_with_parent();
                for (;; (*steps)++) result = burn(result, 1000);
            }
            printf("ready\\n%d\\n", child);
            fflush(stdout);
            while (getchar() != EOF) {
                const char *wrong = NULL;
                signals = 0;
                for (int round = 0; round < 100 && !wrong; round++) wrong = round_of(child, steps);
                if (!wrong && signals != 200) wrong = "another number of SIGCHLD";
                printf("%s\\n", wrong ? wrong : "right");
                fflush(stdout);
            }
        }
        """

    @Test(arguments: RecordingWay.allCases)
    func `Stops and continuations have their usual effect, and the parent sees them once`(way: RecordingWay) throws {
        let program = try TestProgram(named: "stopping", source: Self.parent)
        let child = try program.line()
        let recording = try WatchedRecording(way, "-p", child, "-r", "4000")
        try recording.waitUntilItSamples()
        for _ in 0..<2 {
            try program.child.write(Data("x".utf8))
            #expect(try program.line() == "right")
        }
        recording.send(signal: SIGINT)
        #expect(try recording.finish().samples > 0)
        try program.child.write(Data("x".utf8))
        #expect(try program.line() == "right")
    }

    @Test(arguments: RecordingWay.allCases) func `A stopped target stays stopped`(way: RecordingWay) throws {
        let program = try TestProgram("threads", "4", "2")
        program.send(signal: SIGSTOP)
        let areStopped = eventually { states(of: program) == ["T"] }
        #expect(areStopped)
        let userTime = try userTime(of: program)
        let commands = [
            ["record", "-d", "0.3", "-r", "500", "-f", "folded", "-o", "-"] + way.arguments, ["doctor"], ["dump"],
        ]
        for command in commands {
            // A dump stops threads once more by ptrace: they go from one stop into another.
            let expected = command == ["dump"] ? Set(["T", "t", "R"]) : ["T"]
            let sonde = try Child([Locations.sonde.path] + command + ["-p", "\(program.pid)"])
            let hasEnded = eventually {
                #expect(expected.isSuperset(of: states(of: program)))
                return (try? sonde.exitStatus(within: 0)) != nil
            }
            #expect(hasEnded)
            let areStoppedAgain = eventually { states(of: program) == ["T"] }
            #expect(areStoppedAgain)
        }
        // What a dump has the threads do in the kernel can complete a tick.
        #expect(try self.userTime(of: program) <= userTime + 1)
        program.send(signal: SIGCONT)
        let runs = eventually { states(of: program).contains("R") }
        #expect(runs)
    }

    @Test func `A thread that was stopped in its own code is read with all registers`() throws {
        let program = try TestProgram("threads", "4", "2")
        program.send(signal: SIGSTOP)
        let areStopped = eventually { states(of: program) == ["T"] }
        #expect(areStopped)
        let threads = try Dump(of: program).threads
        #expect(threads.count == 4)
        for thread in threads {
            #expect(thread.ending == "root")
            #expect(thread.stopped == thread.frames.contains { $0.name == "spin" })
        }
        let areStoppedAgain = eventually { states(of: program) == ["T"] }
        #expect(areStoppedAgain)
    }

    @Test func `A target that stays stopped gives CPU mode nothing, which says so`() throws {
        let program = try TestProgram("calibrated")
        program.send(signal: SIGSTOP)
        let result = try sonde("record", "-p", "\(program.pid)", "-d", "0.3", "--mode", "cpu", "-o", "/dev/null")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("kill -CONT"))
    }

    /// The CPU time of its own code, in clock ticks (proc_pid_stat(5)).
    private func userTime(of program: TestProgram) throws -> Int {
        let stat = try String(contentsOfFile: "/proc/\(program.pid)/stat", encoding: .utf8)
        let fields = try #require(stat.split(separator: ")").last).split(separator: " ")
        return try #require(Int(fields[11]))
    }

    /// The states of all threads, as letters.
    private func states(of program: TestProgram) -> Set<String> {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")) ?? []
        let stats = tasks.compactMap {
            try? String(contentsOfFile: "/proc/\(program.pid)/task/\($0)/stat", encoding: .utf8)
        }
        return Set(stats.compactMap { $0.split(separator: ")").last?.split(separator: " ").first.map(String.init) })
    }
}
