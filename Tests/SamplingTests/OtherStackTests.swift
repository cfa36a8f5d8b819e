import Foundation
import ProfileModel
import Sampling
import TestSupport
import Testing

/// Stacks that go on on another stack: of handlers on signal stacks, of goroutines that are in C code, split ones.
@Suite struct OtherStackTests {
    /// How other programs come to their stacks, and what is on them, root first.
    struct Case: CustomTestStringConvertible, Sendable {
        let program: String
        let arguments: [String]
        let functions: [String]

        var testDescription: String { ([program] + arguments).joined(separator: " ") }
    }

    private static let handler = ["outer", "inner", "work", "[signal]", "handle"]
    private static let handlers = ["alternate", "nested", "thread", "fiber"].map { how in
        let again = how == "nested" ? ["[signal]", "handle_again"] : []
        return Case(program: "other_stacks", arguments: [how], functions: handler + again + ["rest"])
    }
    private static let running =
        handlers.map { Case(program: $0.program, arguments: $0.arguments, functions: $0.functions + ["spin"]) } + [
            Case(
                program: "go_calls_c", arguments: ["running"],
                functions: ["main.main", "main.callC", "runtime.cgocall", "work", "leaf"]),
            Case(
                program: "go_calls_c_stripped", arguments: ["running"],
                functions: ["main.main", "main.callC", "runtime.cgocall"]),
            Case(
                program: "other_stacks_split", arguments: ["split"],
                functions: ["main", "descend", "__morestack", "descend", "rest", "spin"]),
        ]
    private static let asleep =
        handlers.map {
            Case(program: $0.program, arguments: $0.arguments + ["asleep"], functions: $0.functions + ["nap"])
        } + [
            Case(
                program: "go_calls_c", arguments: ["asleep"],
                functions: ["main.main", "main.callC", "runtime.cgocall", "nap"])
        ]

    private static let isRoot = geteuid() == 0

    private func sample(_ example: Case, _ options: SamplingOptions) throws -> SampledProcess {
        let path = Locations.testPrograms.appending(path: example.program).path
        return try SampledProcess(
            TestProgram(at: path, arguments: example.arguments), samples: 2000, options: options)
    }

    /// - Parameter share: of the samples, in percent, that are complete at least.
    private func check(_ sampled: SampledProcess, _ functions: [String], share: Int = 80) {
        let leaf = functions.last ?? ""
        let meant = sampled.count { $0.names.contains(leaf) }
        let complete = sampled.count { $0.isComplete && $0.passes(functions) }
        #expect(complete * 100 >= meant * share, "\(complete) of \(meant)")
        #expect(meant > 0)
        let wrong = sampled.stacks.filter { $0.names.contains(leaf) && $0.isComplete && !$0.passes(functions) }
        #expect(wrong.map(\.names) == [])
        let reasons = Set(sampled.stacks.filter { $0.names.contains(leaf) }.compactMap { $0.ending.truncation?.label })
        #expect(reasons.isSubset(of: ["other_stack_not_copied", "beyond_copied_stack"]), "\(reasons)")
    }

    /// What to copy is known before the first tick.
    @Test(arguments: running)
    func `A stopped thread is copied with the stack that its own came from`(example: Case) throws {
        check(try sample(example, SamplingOptions(rate: 500, sampler: .ptrace)), example.functions, share: 97)
    }

    /// The first samples only show what to copy.
    @Test(.enabled(if: isRoot, "bpf(2) is not permitted"), arguments: running)
    func `The kernel copies the other stack with the sample`(example: Case) throws {
        check(try sample(example, SamplingOptions(rate: 500, sampler: .perf)), example.functions)
    }

    /// The first stacks only show what to copy.
    @Test(arguments: asleep)
    func `A sleeping thread is read with the stack that its own came from`(example: Case) throws {
        check(try sample(example, SamplingOptions(mode: .wall, rate: 200, sampler: .ptrace)), example.functions)
    }

    /// Both callers have the same stack pointers all the way: only what was copied with the sample tells them apart.
    @Test(.enabled(if: isRoot, "bpf(2) is not permitted"), arguments: [SamplerKind.ptrace, .perf])
    func `C code that two functions call in turn is of the one that called it`(sampler: SamplerKind) throws {
        let program = try TestProgram("go_calls_c", "alternating")
        let sampled = try SampledProcess(program, samples: 1000, options: SamplingOptions(rate: 500, sampler: sampler))
        let (first, second) = (
            sampled.count { $0.passes(["main.first", "leaf"]) }, sampled.count { $0.passes(["main.second", "leaf"]) }
        )
        #expect(first > 300 && second > 300, "\(first), \(second)")
        #expect(sampled.count { $0.passes(["main.first", "main.second"]) } == 0)
    }

    private static let musl = "/usr/lib/x86_64-linux-musl/musl-gcc.specs"
    private static let hasMusl = FileManager.default.fileExists(atPath: musl)

    /// musl's code that handlers return to has no call frame information.
    @Test(.enabled(if: hasMusl, "needs musl-tools"), arguments: [SamplerKind.ptrace, .perf], [[], ["asleep"]])
    func `A handler under musl was called by what it interrupted`(sampler: SamplerKind, state: [String]) throws {
        let source = Locations.checkout.appending(path: "Tests/Programs/other_stacks.c")
        let program = try TestProgram(
            named: "other_musl", source: String(contentsOf: source, encoding: .utf8),
            flags: ["-specs", Self.musl, "-static", "-fno-optimize-sibling-calls"], arguments: ["thread"] + state)
        let sampled = try SampledProcess(
            program, samples: 2000, options: SamplingOptions(mode: .wall, rate: 200, sampler: sampler))
        let functions = Self.handler + ["rest", state.isEmpty ? "spin" : "nap"]
        let meant = sampled.count { $0.names.contains("rest") }
        let whole = sampled.count { $0.passes(functions) }
        #expect(whole * 10 >= meant * 8, "\(whole) of \(meant)")
    }
}
