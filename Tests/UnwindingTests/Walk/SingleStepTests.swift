import ObjectFiles
import ProfileModel
import Testing
import Unwinding

/// At every instruction of a program: in prologues and epilogues, in stubs, before and after each call.
@Suite(.serialized) struct SingleStepTests {
    private struct Outcome {
        var complete = 0
        var truncated = 0
        /// How many instructions were the program's own.
        var own = 0
        var wrong: [String] = []

        mutating func add(_ stack: RawStack, at step: SteppedProgram.Step, in map: AddressSpaceMap) {
            let found = stack.frames.map(\.address.value.rawValue)
            if stack.ending == .rootReached, found == step.truth {
                complete += 1
            } else if stack.ending != .rootReached, step.truth.starts(with: found) {
                truncated += 1
            } else {
                let leaf = stack.frames.first.map { StackText.line($0.address, in: map) } ?? ""
                wrong.append("\(leaf): \(StackText.ending(stack.ending)), \(found.count) of \(step.truth.count) frames")
            }
        }
    }

    private static func outcome(
        _ command: [String], from start: SteppedProgram.Start = .loader
    ) throws -> Outcome {
        let program = try SteppedProgram(command, from: start, idleSteps: 30_000)
        let unwinder = try Unwinder(addressSpace: program.addressSpace, tables: UnwindTableCache())
        var outcome = Outcome()
        let name = command[0].split(separator: "/").last ?? ""
        for step in program.steps {
            outcome.add(unwinder.unwind(step.snapshot).stack, at: step, in: program.addressSpace)
            let leaf = program.addressSpace.object(at: Address(rawValue: step.truth[0]))?.object
            if leaf?.path.hasSuffix("/\(name)") == true { outcome.own += 1 }
        }
        return outcome
    }

    /// What is truncated are some dozen instructions without unwind information, in the loader's and the C library's
    /// start and end.
    @Test(arguments: [["no_frame_pointer"], ["musl_dynamic"], ["static"], ["static_pie"]])
    func `From the loader on, no stack is wrong and nearly all are complete`(command: [String]) throws {
        let outcome = try Self.outcome(command)
        #expect(outcome.wrong == [])
        #expect(outcome.complete > 1000)
        #expect(outcome.truncated * 100 < outcome.complete)
        #expect(outcome.own > 50)
    }

    /// What the loader does before is the same in each of them.
    @Test(arguments: [
        ["debug_frame"], ["frame_pointer_only"], ["no_tables_O0"], ["no_tables_O1"], ["no_tables_O2"],
        ["no_tables_O3"], ["no_tables_O0_fp"], ["no_tables_O1_fp"], ["no_tables_O2_fp"], ["no_tables_O3_fp"],
        ["no_tables_stripped"], ["recursion", "5"], ["recursion_O0", "5"], ["recursion_clang", "5"], ["alloca"],
        ["deep_cpp"], ["rust_lld"], ["swift_stack"], ["/bin/ls", "/"],
    ])
    func `In a program, no stack is wrong and nearly all are complete`(command: [String]) throws {
        let outcome = try Self.outcome(command, from: .entry)
        #expect(outcome.wrong == [])
        #expect(outcome.complete > 300)
        #expect(outcome.truncated * 100 < outcome.complete)
        #expect(outcome.own > 50)
    }

    /// What a function jumps to on its own frame, and what that calls.
    @Test(arguments: ["moves", "pushes", "nested"])
    func `Code on the frame of a function that has jumped to it is followed to the root`(kind: String) throws {
        let outcome = try Self.outcome(["hosted", kind])
        #expect(outcome.wrong == [])
        #expect(outcome.complete > 1000)
        #expect(outcome.truncated * 100 < outcome.complete)
    }

    @Test(arguments: ["musl_static", "musl_stripped"])
    func `All stacks of a static program without unwind information are complete`(name: String) throws {
        let outcome = try Self.outcome([name])
        #expect(outcome.wrong == [])
        #expect(outcome.complete > 100)
        #expect(outcome.truncated == 0)
    }

    /// The first stack of a Go program has no mark at its end.
    @Test func `No stack of a Go program's start is wrong`() throws {
        #expect(try Self.outcome(["go_stack"]).wrong == [])
    }
}
