import Foundation
import ProfileModel
import Sampling
import TestSupport
import Testing

/// Programs whose stacks are known, in several languages and forms.
@Suite struct LanguageTests {
    struct Known: Sendable, CustomTestStringConvertible {
        let command: [String]
        /// Functions of the busiest stack, root first.
        let functions: [String]
        var roots: Set<String> = ["_start"]
        /// Functions of a runtime on stacks of their own, whose outermost frame nothing marks.
        var unmarked: Set<String> = []

        var testDescription: String { command.joined(separator: " ") }
    }

    private static let chain = [
        "main", "handle_request", "parse_headers", "match_route", "check_permissions", "spin",
    ]

    private static let programs = [
        Known(command: ["no_frame_pointer"], functions: chain),
        Known(command: ["debug_frame"], functions: chain),
        Known(command: ["frame_pointer_only"], functions: chain),
        Known(command: ["static"], functions: chain),
        Known(command: ["static_pie"], functions: chain),
        Known(command: ["alloca"], functions: ["main", "outer_frame", "dynamic_frame", "spin"]),
        Known(command: ["vdso"], functions: ["main", "read_clock"]),
        Known(command: ["recursion_clang", "50"], functions: ["main", "descend", "descend", "spin_at_bottom"]),
        Known(
            command: ["signal", "alarm"],
            functions: ["main", "outer_work", "busy_work", "on_signal", "spin_in_handler"]),
        Known(
            command: ["deep_cpp"],
            functions: [
                "main", "store::apply", "store::Warehouse<unsigned long, 16>::count",
                "store::detail::Digest<unsigned long>::mix",
            ]),
        Known(
            command: ["rust_lld"],
            functions: [
                "main", "rust_lld::run_service", "rust_lld::Dispatcher::dispatch",
                "<rust_lld::JsonCodec as rust_lld::Codec>::encode", "rust_lld::hash_all", "rust_lld::spin_here",
            ]),
        Known(
            command: ["rust_lld_v0"],
            functions: ["main", "rust_lld::run_service", "rust_lld::spin_here"]),
        Known(
            command: ["swift_stack"],
            functions: [
                "main", "runService(_:)", "Dispatcher.dispatch(_:)", "JSONCodec.encode(_:)", "spinHere(_:)",
            ]),
        Known(
            command: ["swift_stack_Onone"],
            functions: ["main", "runService(_:)", "Dispatcher.dispatch(_:)", "JSONCodec.encode(_:)", "spinHere(_:)"]),
        Known(
            command: ["go_stack"], functions: goFunctions, roots: goRoots,
            unmarked: ["runtime.systemstack", "runtime.sigtramp"]),
        Known(
            command: ["go_stack_stripped"], functions: goFunctions, roots: goRoots,
            unmarked: ["runtime.systemstack", "runtime.sigtramp"]),
    ]

    private static let goFunctions = ["main.main", "main.serve", "main.(*worker).handle", "main.computeChecksum"]
    private static let goRoots: Set = ["runtime.goexit", "runtime.clone", "runtime.mcall", "runtime.morestack"]

    @Test(arguments: programs) func `Names every function from the root to the leaf`(known: Known) throws {
        let path = Locations.testPrograms.appending(path: known.command[0]).path
        let program = try TestProgram(at: path, arguments: Array(known.command.dropFirst()))
        let sampled = try SampledProcess(program, samples: 300)
        // Every stack but those that libraries and the runtime contribute between the functions.
        let expected = sampled.count { $0.passes(known.functions) }
        #expect(expected * 2 > sampled.samples, "\(sampled.stacks.max { $0.count < $1.count }?.names ?? [])")
        let truncated = sampled.count { !$0.isComplete && known.unmarked.isDisjoint(with: $0.names) }
        #expect(isRare(truncated, of: sampled.samples, spread: sampled.spread), "\(sampled.endings)")
        #expect(sampled.roots.isSubset(of: known.roots), "\(sampled.roots)")
    }

    /// The kernel's copy begins at the stack pointer: what a function has taken from the stack before it returns isn't in it.
    @Test(.enabled(if: geteuid() == 0), arguments: ["swift_stack_Onone", "deep_cpp_O0"])
    func `What events copy is followed from a function's last instructions`(name: String) throws {
        let program = try TestProgram(at: Locations.testPrograms.appending(path: name).path)
        let sampled = try SampledProcess(program, samples: 500, options: SamplingOptions(rate: 500, sampler: .perf))
        let truncated = sampled.count { !$0.isComplete }
        #expect(isRare(truncated, of: sampled.samples, spread: sampled.spread), "\(sampled.endings)")
    }

    /// The interrupted function's stack is not the one that was copied.
    @Test func `A signal handler on a stack of its own shows what it interrupted, and where it ends`() throws {
        let program = try TestProgram("signal", "alarm", "alternate")
        let sampled = try SampledProcess(program, samples: 100)
        let inHandler = sampled.stacks.filter { $0.names.contains("on_signal") }
        #expect(!inHandler.isEmpty)
        for stack in inHandler where !stack.isComplete {
            #expect(stack.passes(["busy_work", "on_signal", "spin_in_handler"]))
        }
    }

    @Test func `A stripped program is followed though it has no names`() throws {
        let program = try TestProgram("recursion_stripped", "50")
        let sampled = try SampledProcess(program, samples: 200)
        #expect(sampled.truncatedSamples == 0)
        let own = sampled.stacks.flatMap(\.names).filter { $0.hasPrefix("[recursion_stripped+0x") }
        #expect(own.count >= 52)
    }

    @Test func `A program that was deleted after its start keeps its names`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/gone"
        try FileManager.default.copyItem(
            atPath: Locations.testPrograms.appending(path: "calibrated").path, toPath: path)
        let program = try TestProgram(at: path)
        try FileManager.default.removeItem(atPath: path)
        let sampled = try SampledProcess(program, samples: 200)
        #expect(sampled.count { $0.passes(["_start", "main", "hot"]) } > 0)
        #expect(sampled.truncatedSamples == 0)
    }

    @Test func `A program that was replaced on disk is named by what runs`() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/updated"
        let programs = Locations.testPrograms
        try FileManager.default.copyItem(atPath: programs.appending(path: "calibrated").path, toPath: path)
        let program = try TestProgram(at: path)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: programs.appending(path: "recursion").path, toPath: path)
        let sampled = try SampledProcess(program, samples: 200)
        #expect(sampled.stacks.allSatisfy { $0.names.contains("main") && !$0.names.contains("descend") })
        #expect(sampled.count { $0.names.last == "hot" } > 0)
    }
}

extension SampledProcess {
    /// How many samples ended in which way.
    var endings: [String: Int] {
        stacks.reduce(into: [:]) { $0[$1.ending.truncation?.label ?? "root", default: 0] += $1.count }
    }
}
