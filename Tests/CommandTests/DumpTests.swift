import Foundation
import TestSupport
import Testing

/// `sonde dump --json`.
struct Dump: Decodable {
    let threads: [Thread]

    struct Thread: Decodable {
        let stopped: Bool
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
}
