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
    private static let callers = ["by_frame_pointer", "by_register", "keeps_pointer", "saves_pointer"].map {
        Case(program: "other_stacks", arguments: [$0], functions: ["main", "call", $0, "handle", "rest", "spin"])
    }
    private static let running =
        callers
        + handlers.map { Case(program: $0.program, arguments: $0.arguments, functions: $0.functions + ["spin"]) } + [
            Case(
                program: "other_stacks", arguments: ["far"],
                functions: ["main", "go_far"] + handler + ["rest", "spin"]),
            Case(
                program: "go_calls_c", arguments: ["nested"],
                functions: [
                    "main.main", "main.callC", "call_nested", "goNested", "runtime.cgocallbackg", "call_back",
                    "goCallback", "runtime.cgocallbackg", "work", "leaf",
                ]),
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
                functions: ["main.main", "main.callC", "runtime.cgocall", "nap"]),
            // The others keep the way back in a register, which a sleeping thread doesn't show.
            Case(
                program: "other_stacks", arguments: ["saves_pointer", "asleep"],
                functions: ["main", "call", "saves_pointer", "handle", "rest", "nap"]),
        ]

    private static let isRoot = geteuid() == 0

    private func sample(
        _ example: Case, _ options: SamplingOptions, leavingOut rounds: Int = 8
    ) throws -> SampledProcess {
        let path = Locations.testPrograms.appending(path: example.program).path
        let program = try TestProgram(at: path, arguments: example.arguments)
        if example.arguments.contains("asleep") {
            try program.waitForSleepers(example.arguments.contains("thread") ? 2 : 1, named: example.program)
        }
        return try SampledProcess(program, samples: 500, options: options, leavingOut: rounds)
    }

    /// - Parameter share: of the samples, in percent, that are complete at least.
    private func check(_ sampled: SampledProcess, _ functions: [String], share: Int = 90) {
        let leaf = functions.last ?? ""
        let meant = sampled.count { $0.names.contains(leaf) }
        let complete = sampled.count { $0.isComplete && $0.passes(functions) }
        #expect(complete * 100 >= meant * share, "\(complete) of \(meant)")
        #expect(meant > 0)
        let all = sampled.firstStacks + sampled.stacks
        let wrong = all.filter { $0.names.contains(leaf) && $0.isComplete && !$0.passes(functions) }
        #expect(wrong.map(\.names) == [])
        let reasons = Set(all.filter { $0.names.contains(leaf) }.compactMap { $0.ending.truncation?.label })
        #expect(reasons.isSubset(of: ["other_stack_not_copied", "beyond_copied_stack"]), "\(reasons)")
    }

    /// What to copy is known before the first tick, unless the thread gets no CPU in the time for that.
    @Test(arguments: running)
    func `A stopped thread is copied with the stack that its own came from`(example: Case) throws {
        let options = SamplingOptions(rate: 500, sampler: .ptrace)
        check(try sample(example, options, leavingOut: 0), example.functions, share: 85)
    }

    @Test(.enabled(if: isRoot, "bpf(2) is not permitted"), arguments: running)
    func `The kernel copies the other stack with the sample`(example: Case) throws {
        check(try sample(example, SamplingOptions(rate: 500, sampler: .perf)), example.functions)
    }

    @Test(arguments: asleep)
    func `A sleeping thread is read with the stack that its own came from`(example: Case) throws {
        check(try sample(example, SamplingOptions(mode: .wall, rate: 500, sampler: .ptrace)), example.functions)
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

    private static let hasGold = FileManager.default.fileExists(atPath: "/usr/bin/ld.gold")

    /// gold has functions that call others without split stacks change to a larger one at once, in their callers' place.
    @Test(
        .enabled(if: hasGold, "needs ld.gold"),
        arguments: [("split", ["__morestack", "descend", "__morestack"]), ("tail", ["__morestack", "descend"])])
    func `The first frame on a split stack was called by what the program's start calls`(
        how: String, functions: [String]
    ) throws {
        let source = Locations.checkout.appending(path: "Tests/Programs/other_stacks.c")
        let program = try TestProgram(
            named: "other_gold", source: String(contentsOf: source, encoding: .utf8),
            flags: ["-O2", "-fsplit-stack", "-fuse-ld=gold"], arguments: [how])
        let sampled = try SampledProcess(
            program, samples: 500, options: SamplingOptions(rate: 500, sampler: .ptrace))
        check(sampled, ["__libc_start_call_main"] + functions + ["rest", "spin"])
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
            program, samples: 500, options: SamplingOptions(mode: .wall, rate: 500, sampler: sampler),
            leavingOut: 8)
        let functions = Self.handler + ["rest", state.isEmpty ? "spin" : "nap"]
        let meant = sampled.count { $0.names.contains("rest") }
        let whole = sampled.count { $0.passes(functions) }
        #expect(whole * 10 >= meant * 8, "\(whole) of \(meant)")
    }
}
