import Foundation
import ProcFS
import ProfileModel
import Sampling
import TestSupport
import Testing

/// What a target could notice of being sampled, and must not.
@Suite struct DisturbanceTests {
    private static let fast = SamplingOptions(rate: 1000)

    /// Says "got" for each SIGUSR1, and "all" after 3000 real-time signals.
    private static let counter = """
        #include "program.h"
        static volatile uint64_t result;
        static volatile sig_atomic_t received;
        static void acknowledge(int signal) {
            (void)signal;
            if (write(1, "got\\n", 4) != 4) _exit(1);
        }
        static void count(int signal) {
            (void)signal;
            if (++received == 3000 && write(1, "all\\n", 4) != 4) _exit(1);
        }
        int main(void) {
            die_with_parent();
            signal(SIGUSR1, acknowledge);
            signal(SIGRTMIN, count);
            say_ready();
            for (;;) result = burn(result, 1000);
        }
        """

    @Test func `Every signal arrives, one at a time`() throws {
        let program = try TestProgram(named: "counter", source: Self.counter)
        _ = try SampledProcess(program, samples: 100, options: Self.fast) { _ in
            for _ in 0..<300 {
                program.send(signal: SIGUSR1)
                let answer = try program.line()
                #expect(answer == "got")
            }
        }
    }

    @Test func `Every signal of a flood arrives`() throws {
        let program = try TestProgram(named: "counter", source: Self.counter)
        let firstRealTimeSignal: Int32 = 34
        _ = try SampledProcess(program, samples: 100, options: Self.fast) { _ in
            for _ in 0..<3000 {
                // The kernel keeps a bounded number of signals.
                while kill(program.pid, firstRealTimeSignal) == -1, errno == EAGAIN { sched_yield() }
            }
            let answer = try program.line()
            #expect(answer == "all")
        }
    }

    @Test(arguments: ["epoll_wait", "sigtimedwait", "semop", "recv", "poll", "nanosleep"], [SamplingMode.cpu, .wall])
    func `No call is interrupted`(call: String, mode: SamplingMode) throws {
        let program = try TestProgram("eintr", call, "1")
        let enough = mode == .cpu ? 15 : 3000
        _ = try SampledProcess(program, samples: enough, options: SamplingOptions(mode: mode, rate: 2000))
        program.send(signal: SIGUSR1)
        let counts = try program.line().split(separator: " ").compactMap { Int($0) }
        #expect(counts.first == 0)
        #expect((counts.last ?? 0) > 20)
    }

    private func stop(_ program: TestProgram) throws {
        program.send(signal: SIGSTOP)
        let process = try ProcFS().process(program.id)
        let isStopped = try eventually { try process.stat().state == .stopped }
        #expect(isStopped)
    }

    @Test func `A stopped program stays stopped and can be continued`() throws {
        let program = try TestProgram("calibrated")
        let process = try ProcFS().process(program.id)
        _ = try SampledProcess(program, samples: 0, options: Self.fast) { session in
            #expect(eventually { session.samples > 50 })
            try stop(program)
            for _ in 0..<200 {
                let state = try process.stat().state
                #expect(state == .stopped)
                usleep(1000)
            }
            let before = session.samples
            program.send(signal: SIGCONT)
            #expect(eventually { session.samples > before + 50 })
        }
    }

    @Test func `A stopped program is read in wall mode and stays stopped`() throws {
        let program = try TestProgram("recursion", "20")
        let process = try ProcFS().process(program.id)
        try stop(program)
        _ = try SampledProcess(program, samples: 0, options: SamplingOptions(mode: .wall, rate: 1000)) { _ in
            for _ in 0..<200 {
                let state = try process.stat().state
                #expect(state == .stopped)
                usleep(1000)
            }
        }
        #expect(try process.stat().state == .stopped)
    }

    /// Prints the PID of a child that works, and whatever wait(2) says about it.
    private static let parent = """
        #include "program.h"
        #include <sys/wait.h>
        static volatile uint64_t result;
        int main(void) {
            die_with_parent();
            pid_t child = fork();
            if (child == 0) {
                die_with_parent();
                for (;;) result = burn(result, 1000);
            }
            say_ready();
            for (;;) {
                int status;
                printf("%d\\n", child);
                fflush(stdout);
                pid_t seen = waitpid(-1, &status, WUNTRACED | WCONTINUED);
                printf("wait: %d %x\\n", seen, (unsigned)status);
            }
        }
        """

    @Test func `The target's parent learns nothing from wait`() throws {
        let program = try TestProgram(named: "parent", source: Self.parent)
        let child = ProcessID(rawValue: try #require(Int32(try program.line())))
        _ = try SampledProcess([child], samples: 300, options: Self.fast)
        #expect(String(decoding: program.child.standardOutput, as: UTF8.self) == "ready\n\(child)\n")
    }

    @Test(arguments: [SamplingMode.cpu, .wall]) func `Nothing is traced and nothing is stopped afterwards`(
        mode: SamplingMode
    ) throws {
        let program = try TestProgram("threads", "16", "4")
        _ = try SampledProcess(program, samples: 500, options: SamplingOptions(mode: mode, rate: 1000))
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
        try #require(tasks.count == 16)
        for task in tasks {
            let status = try String(contentsOfFile: "/proc/\(program.pid)/task/\(task)/status", encoding: .utf8)
            #expect(status.contains("\nTracerPid:\t0\n"))
            #expect(!status.contains("\nState:\tT") && !status.contains("\nState:\tt"))
        }
    }
}
