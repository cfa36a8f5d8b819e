import Foundation
import TestSupport
import Testing

/// `sonde dump --json`.
struct Dump: Decodable {
    let threads: [Thread]

    struct Thread: Decodable {
        let tid: Int32
        let name: String
        let state: String
        let stopped: Bool
        let cpu_seconds: Double?
        let system_call: String?
        let ending: String
        let frames: [Frame]
    }

    struct Frame: Decodable { let name: String }

    init(of program: TestProgram) throws {
        let result = try sonde("dump", "--json", "-p", "\(program.pid)")
        self = try #require(try JSONDecoder().decode([Dump].self, from: result.standardOutput).first)
    }
}

@Suite struct DumpTests {
    @Test(arguments: [100_000, 500_000]) func `A running thread's large frame is read`(bytes: Int) throws {
        let program = try TestProgram("alloca", "\(bytes)")
        let isSpinning = eventually { (try? Dump(of: program).threads.first?.frames.first?.name) == "spin" }
        #expect(isSpinning)
        let thread = try #require(try Dump(of: program).threads.first)
        #expect(thread.ending == "root")
        let functions = thread.frames.map(\.name)
        let expected = ["dynamic_frame", "outer_frame", "main"]
        #expect(functions.filter(expected.contains) == expected)
    }

    /// Sleeps and runs for as many microseconds as it takes to read its stack.
    private static let restless = """
        #include "program.h"
        OWN_FRAME void nap(long nanoseconds) {
            struct timespec time = {.tv_nsec = nanoseconds};
            nanosleep(&time, 0);
            NOT_A_TAIL_CALL;
        }
        int main(int count, char **arguments) {
            die_with_parent();
            long steps = number(count, arguments, 1, 1), nanoseconds = number(count, arguments, 2, 1);
            volatile uint64_t result = 0;
            say_ready();
            for (;;) {
                result = burn(result, steps);
                nap(nanoseconds);
            }
        }
        """

    @Test(arguments: [(20_000, 20_000), (2000, 100_000)])
    func `A thread that wakes up many times while it is read is read all the same`(
        steps: Int, nanoseconds: Int
    ) throws {
        let program = try TestProgram(
            named: "restless", source: Self.restless, arguments: ["\(steps)", "\(nanoseconds)"])
        for _ in 0..<30 {
            let thread = try #require(try Dump(of: program).threads.first)
            #expect(thread.ending != "lost" && thread.frames.contains { $0.name == "main" })
        }
    }

    /// Three threads wait for a condition, one sleeps, and the first one runs in a function that is called by two others.
    private static let pool = """
        #include "program.h"
        #include <pthread.h>
        #include <signal.h>
        static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
        OWN_FRAME void wait_for_work(void) {
            pthread_mutex_lock(&mutex);
            for (;;) pthread_cond_wait(&condition, &mutex);
        }
        static void *worker(void *name) {
            pthread_setname_np(pthread_self(), name);
            wait_for_work();
            return 0;
        }
        static void *napper(void *unused) { pthread_setname_np(pthread_self(), "napper"); for (;;) sleep(1000); return unused; }
        static void handle(int number) { (void)number; for (;;) pause(); }
        int main(int count, char **arguments) {
            die_with_parent();
            pthread_t thread;
            for (int i = 0; i < 3; i++) pthread_create(&thread, 0, worker, i ? "worker" : "first");
            pthread_create(&thread, 0, napper, 0);
            if (count > 1) signal(SIGUSR1, handle);
            say_ready();
            if (count > 1) raise(SIGUSR1);
            volatile uint64_t result = number(count, arguments, 2, 1);
            for (;;) result = burn(result, 1000000);
        }
        """

    private static func pool(_ arguments: String...) throws -> TestProgram {
        let program = try TestProgram(named: "pool", source: pool, arguments: arguments)
        for (name, count) in [("first", 1), ("worker", 2), ("napper", 1)] {
            try program.waitForSleepers(count, named: name)
        }
        return program
    }

    @Test func `The head counts what threads do, and identical stacks are grouped, running ones first`() throws {
        let program = try Self.pool()
        let text = try sonde("dump", "-p", "\(program.pid)").output
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(
            lines.first == "pool (PID \(program.pid)): 5 threads: 1 running, 3 in pthread_cond_wait, 1 in sleep",
            "\(text)")
        let headings = lines.filter { $0.hasPrefix("Thread ") || $0.contains(" threads: sleeping") }
        #expect(headings.count == 3, "\(text)")
        #expect(headings.first?.contains("\"pool\": running, ") == true)
        #expect(headings.first?.hasSuffix(" of CPU time") == true)
        let group = try #require(lines.firstIndex(of: "3 threads: sleeping in futex"), "\(text)")
        let members = lines[(group + 1)...].prefix { !$0.contains("#") }.joined(separator: " ")
        #expect(members.contains("\"first\" (") && members.components(separatedBy: "\"worker\" (").count == 3)
        #expect(headings.last?.contains("\"napper\": sleeping in clock_nanosleep") == true)
        #expect(text.components(separatedBy: "wait_for_work").count == 2)
        #expect(!text.contains("0x"), "\(text)")
    }

    @Test func `One by one they come in the order of their numbers, with addresses`() throws {
        let program = try Self.pool()
        let text = try sonde("dump", "-p", "\(program.pid)", "--each").output
        let numbers = text.split(separator: "\n").filter { $0.hasPrefix("Thread ") }
            .compactMap { Int32($0.split(separator: " ")[1]) }
        #expect(numbers.count == 5 && numbers == numbers.sorted())
        #expect(text.components(separatedBy: "wait_for_work").count == 4)
        #expect(text.contains(/#0 +0x[0-9a-f]{12} +\S+/))
    }

    @Test func `Chosen threads alone are shown, and one that isn't there is refused`() throws {
        let program = try Self.pool()
        let threads = try Dump(of: program).threads
        let chosen = try #require(threads.first { $0.name == "napper" }).tid
        let options = ["--thread", "\(chosen),\(program.pid)"]
        let text = try sonde(["dump", "-p", "\(program.pid)"] + options).output
        #expect(text.contains(": 2 threads: 1 running, 1 in sleep\n"), "\(text)")
        let refused = try sonde("dump", "-p", "\(program.pid)", "--thread", "1")
        #expect(refused.status == .exited(1))
        #expect(refused.errors.contains("process \(program.pid) has no thread 1; without --thread"))
        #expect(refused.output.isEmpty)
        #expect(try sonde("dump", "-p", "\(program.pid)", "--thread", "0").status == .exited(64))
    }

    @Test func `System call, CPU time and state are in the JSON`() throws {
        let program = try Self.pool()
        let threads = try Dump(of: program).threads
        let running = try #require(threads.first { $0.tid == program.pid })
        #expect(running.state == "running" && running.stopped && running.system_call == nil)
        #expect(try #require(running.cpu_seconds) > 0)
        let calls = threads.filter { !$0.stopped }.map { "\($0.name) \($0.system_call ?? "-")" }
        #expect(calls.sorted() == ["first futex", "napper clock_nanosleep", "worker futex", "worker futex"])
        let spent = try #require(threads.first { $0.name == "napper" }?.cpu_seconds)
        #expect(spent < running.cpu_seconds ?? 0)
    }

    @Test func `A signal handler's caller is shown as gdb shows it`() throws {
        let program = try Self.pool("raise")
        let text = try sonde("dump", "-p", "\(program.pid)", "--thread", "\(program.pid)").output
        let order = ["pause", "handle", "<signal handler called>", "raise", "main"]
        let found = text.split(separator: "\n").filter { $0.hasPrefix("  #") }.compactMap { line in
            order.first { name in
                line.split(separator: "  ").dropFirst().contains { $0 == name || $0.hasPrefix(name + " (") }
            }
        }
        #expect(found == order, "\(text)")
        // Programs get the name that files have.
        let names = try #require(try Dump(of: program).threads.first { $0.tid == program.pid }).frames.map(\.name)
        #expect(names.contains("[signal]"))
    }
}
