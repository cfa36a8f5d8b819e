import Foundation
import ProcFS
import ProfileModel
import Sampling
import TestSupport
import Testing

/// Sleeping threads whose stacks only all their registers complete, stopped once a sleep as the user's choice.
@Suite struct InterruptedSleepTests {
    private static let chain = ["run", "dynamic", "dynamic", "dynamic"]

    private func options(
        _ sampler: SamplerKind = .ptrace, interrupts: Bool = true, rate: Int = 500
    ) -> SamplingOptions {
        SamplingOptions(mode: .wall, rate: rate, sampler: sampler, interruptsSleeping: interrupts)
    }

    private func isTruncated(_ stack: SampledProcess.Stack) -> Bool {
        if case .truncated(.unknownRegister) = stack.ending { true } else { false }
    }

    @Test func `Frames of unknown size below pointers are truncated, and nobody is stopped`() throws {
        let program = try TestProgram("eintr", "epoll_wait", "-1", "3")
        try program.waitForSleepers(named: "waiter")
        let sampled = try SampledProcess(program, samples: 1000, options: options(interrupts: false))
        let waiting = sampled.stacks.filter { $0.thread.name == "waiter" }
        #expect(!waiting.isEmpty && waiting.allSatisfy(isTruncated))
        #expect(sampled.ledger.taken[.stopped] == 0)
    }

    @Test(arguments: [SamplerKind.ptrace, .perf])
    func `One stop completes a sleep for as long as it lasts`(sampler: SamplerKind) throws {
        let program = try TestProgram("eintr", "epoll_wait", "-1", "3")
        try program.waitForSleepers(named: "waiter")
        let sampled = try SampledProcess(program, samples: 4000, options: options(sampler))
        #expect(sampled.ledger.taken[.interrupted] == 1)
        let complete = sampled.count { $0.isComplete && $0.passes(Self.chain + ["wait_in_epoll_wait"]) }
        let waiting = sampled.count { $0.thread.name == "waiter" }
        // The first ones, until the collector has unwound one and the next tick comes: on a busy machine, half a second.
        #expect(waiting - complete <= 250, "\(complete) of \(waiting)")
        #expect(sampled.count { $0.thread.name == "waiter" && !$0.isComplete && !isTruncated($0) } == 0)
        // Events are no ticks: the moments after the stop are theirs, but for a wait for a CPU.
        let uncounted = 2 * sampled.ticks - sampled.samples - sampled.lost
        let waits = Int(sampled.ledger.events[.waitForCPU])
        #expect(sampler == .perf ? (-20..<20 + waits).contains(uncounted) : uncounted == 0)
    }

    /// Above so many threads, those that sleep are polled by turns.
    @Test func `Of many sleeping threads each is stopped once`() throws {
        let program = try TestProgram(named: "sleepers", source: Self.sleepers)
        let sampled = try SampledProcess(program, samples: 101 * 2000, options: options())
        #expect(sampled.ledger.taken[.interrupted] == 100)
        let sleeping = sampled.count { $0.names.contains("dynamic") }
        let complete = sampled.count { $0.isComplete && $0.passes(["run", "dynamic", "dynamic"]) }
        #expect(complete * 100 >= sleeping * 80, "\(complete) of \(sleeping)")
        #expect(sampled.samples + sampled.lost == 101 * sampled.ticks)
    }

    @Test(arguments: ["epoll_wait", "sigtimedwait", "semop", "recv", "poll", "nanosleep"])
    func `No stopped call is interrupted, and its time runs out`(call: String) throws {
        let program = try TestProgram("eintr", call, "30", "3")
        let sampled = try SampledProcess(program, samples: 3000, options: options(rate: 1000))
        program.send(signal: SIGUSR1)
        let counts = try program.line().split(separator: " ").compactMap { Int($0) }
        #expect(counts.first == 0)
        let returned = try #require(counts.last)
        #expect(returned > 20)
        #expect((10...returned + 1).contains(Int(sampled.ledger.taken[.interrupted])))
        #expect(sampled.count { $0.isComplete && $0.passes(Self.chain + ["wait_in_\(call)"]) } > 300)
    }

    @Test func `A stack that was completed is not taken for the next one`() throws {
        let program = try TestProgram(named: "alternating", source: Self.alternating)
        let sampled = try SampledProcess(program, samples: 3000, options: options(rate: 1000))
        func chain(_ stack: SampledProcess.Stack) -> [String] {
            stack.names.filter { ["through_two", "through_three", "dynamic", "rest"].contains($0) }
        }
        let two = ["through_two", "dynamic", "dynamic", "rest"]
        let three = ["through_three", "dynamic", "dynamic", "dynamic", "rest"]
        #expect(sampled.ledger.taken[.interrupted] > 20)
        #expect(sampled.count { $0.isComplete && chain($0) == two } > 300)
        #expect(sampled.count { $0.isComplete && chain($0) == three } > 300)
        let others = sampled.stacks.filter {
            $0.names.contains("rest") && !isTruncated($0) && ![two, three].contains(chain($0))
        }
        #expect(others.map(\.names) == [])
    }

    @Test func `A thread that somebody else traces stays truncated, and every sleep is counted`() throws {
        let program = try TestProgram(named: "traced_sleeper", source: Self.traced)
        try program.waitForSleepers(named: "traced_sleeper")
        let sampled = try SampledProcess(program, samples: 500, options: options())
        #expect(sampled.ledger.taken[.stopped] == 0)
        #expect(sampled.lost == 0)
        #expect(sampled.samples == sampled.ticks)
        #expect(sampled.stacks.allSatisfy(isTruncated))
    }

    @Test func `A stopped program is not interrupted`() throws {
        let program = try TestProgram("eintr", "epoll_wait", "-1", "3")
        try program.waitForSleepers(named: "waiter")
        program.send(signal: SIGSTOP)
        let process = try ProcFS().process(program.id)
        #expect(try eventually { try process.stat().state == .stopped })
        let sampled = try SampledProcess(program, samples: 500, options: options())
        #expect(sampled.ledger.taken[.stopped] == 0)
        #expect(try process.stat().state == .stopped)
    }

    // MARK: - Programs

    private static let frames = """
        #include "program.h"
        #include <alloca.h>
        #include <errno.h>
        #include <pthread.h>
        #include <sys/ptrace.h>
        #include <sys/wait.h>
        typedef void function(void);
        static void dynamic(long depth, size_t size, function *rest);
        static void (*volatile next)(long depth, size_t size, function *rest) = dynamic;
        OWN_FRAME void dynamic(long depth, size_t size, function *rest) {
            size_t used = depth == 1 ? size : 64;
            char *memory = alloca(used);
            memset(memory, (int)depth, used);
            if (depth == 1) rest(); else next(depth - 1, size, rest);
            __asm__ volatile("" : : "r"(memory) : "memory");
        }
        """

    private static let sleepers = """
        \(frames)
        OWN_FRAME void rest(void) { for (;;) pause(); }
        OWN_FRAME void *run(void *argument) {
            next(3, 100, rest);
            return argument;
        }
        int main(void) {
            die_with_parent();
            for (int index = 0; index < 100; index++) {
                pthread_t thread;
                if (pthread_create(&thread, NULL, run, NULL) != 0) fail("pthread_create");
            }
            say_ready();
            for (;;) pause();
        }
        """

    /// Below three frames in every other sleep, and below two of such a size that the stack pointer is the same.
    private static let alternating = """
        \(frames)
        static volatile uintptr_t place;
        static long pause_milliseconds;
        OWN_FRAME void rest(void) {
            volatile char here = 0;
            place = (uintptr_t)&here;
            sleep_milliseconds(pause_milliseconds);
        }
        OWN_FRAME uintptr_t through_two(size_t size) {
            next(2, size, rest);
            return place;
        }
        OWN_FRAME uintptr_t through_three(size_t size) {
            next(3, size, rest);
            return place;
        }
        int main(void) {
            die_with_parent();
            size_t size = 64 + through_two(64) - through_three(64);
            pause_milliseconds = 30;
            if (through_two(size) != through_three(64)) return 1;
            say_ready();
            for (;;) {
                through_two(size);
                through_three(64);
            }
        }
        """

    /// Asleep, and traced by its child as by a debugger.
    private static let traced = """
        \(frames)
        static void rest(void) { for (;;) pause(); }
        int main(void) {
            die_with_parent();
            int answer[2];
            char byte;
            pid_t self = getpid();
            if (pipe(answer) != 0) fail("pipe");
            prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
            if (fork() == 0) {
                die_with_parent();
                if (ptrace(PTRACE_SEIZE, self, NULL, NULL) != 0) _exit(1);
                if (write(answer[1], "t", 1) != 1) _exit(1);
                for (;;) pause();
            }
            close(answer[1]);
            if (read(answer[0], &byte, 1) != 1) fail("ptrace");
            say_ready();
            next(3, 100, rest);
        }
        """
}
