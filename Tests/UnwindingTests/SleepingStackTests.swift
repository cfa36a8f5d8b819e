import Foundation
import TestSupport
import Testing

/// Stacks of sleeping threads, which are followed from two registers.
@Suite(.serialized) struct SleepingStackTests {
    struct Sleeper: Sendable, CustomTestStringConvertible {
        let command: [String]
        var testDescription: String { command.joined(separator: " ") }
    }

    private static let compilers = [
        "gcc_O0", "gcc_O0_fp", "gcc_O2", "gcc_O2_fp", "clang_O0", "clang_O0_fp", "clang_O2", "clang_O2_fp",
    ]
    private static let sleepers =
        ["plain", "realigned", "dynamic"].flatMap { form in
            compilers.map { Sleeper(command: ["asleep_\($0)", form]) }
        } + ["swift_asleep", "swift_asleep_Onone", "go_asleep"].map { Sleeper(command: [$0]) }

    @Test(arguments: sleepers) func `Two registers give the stack that all registers give`(sleeper: Sleeper) throws {
        let path = Locations.testPrograms.appending(path: sleeper.command[0]).path
        let program = try TestProgram(at: path, arguments: Array(sleeper.command.dropFirst()))
        let comparison = try SleepComparison(of: [program.pid], count: 400)
        print("TABLE", sleeper.testDescription, comparison)
        #expect(comparison.wrong == [])
        #expect(comparison.complete * 100 >= comparison.looked * 99, "\(comparison)")
    }
}
