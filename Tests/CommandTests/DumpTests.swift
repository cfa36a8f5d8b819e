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
}
