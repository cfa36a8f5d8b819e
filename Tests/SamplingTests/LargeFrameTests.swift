import Foundation
import ProcFS
import ProfileModel
import Sampling
import TargetProcess
import TestSupport
import Testing
import WorkerControl
import WorkerSupport

/// Frames that are larger than what is copied of a stack: their callers are copied by themselves.
@Suite struct LargeFrameTests {
    struct Case: CustomTestStringConvertible, Equatable, Sendable {
        let place: String
        let kind: String
        /// How much further down the frames lie, in bytes.
        var shift = 0

        var arguments: [String] { [place, kind] + (shift > 0 ? ["\(shift)"] : []) }
        var testDescription: String { arguments.joined(separator: " ") }

        /// Root first.
        var functions: [String] {
            let large = kind == "twice" ? ["twice", "array_1"] : [kind.hasPrefix("alloca") ? "dynamic" : kind]
            return ["outer"] + large + ["rest"]
        }
    }

    private static let arrays = ["main", "thread"].flatMap { place in
        ["array_12", "array_300", "array_1", "array_3", "twice"].map { Case(place: place, kind: $0) }
    }
    private static let allocations = ["main", "thread"].flatMap { place in
        ["alloca_1", "alloca_3"].map { Case(place: place, kind: $0) }
    }
    private static let few = (arrays + allocations).filter {
        $0.place == "main" || ["array_1", "array_12"].contains($0.kind)
    }
    private static let isRoot = geteuid() == 0

    private func program(_ example: Case, asleep: Bool = false) throws -> TestProgram {
        let path = Locations.testPrograms.appending(path: "large_frames").path
        let program = try TestProgram(at: path, arguments: example.arguments + (asleep ? ["asleep"] : []))
        if asleep { try program.waitForSleepers(example.place == "thread" ? 2 : 1, named: "large_frames") }
        return program
    }

    private func check(
        _ example: Case, asleep: Bool = false, _ options: SamplingOptions, samples: Int = 500
    ) throws {
        let sampled = try SampledProcess(
            program(example, asleep: asleep), samples: samples, options: options, leavingOut: 8)
        let functions = example.functions + [asleep ? "nap" : "spin"]
        let leaf = functions.last ?? ""
        let meant = sampled.count { $0.names.contains(leaf) }
        let complete = sampled.count { $0.isComplete && $0.passes(functions) }
        // Of events, some are without the callers where a reader had to wait for a CPU.
        let share = options.sampler == .perf ? 85 : 97
        #expect(complete * 100 >= meant * share, "\(complete) of \(meant)")
        #expect(meant > 0)
        let all = sampled.firstStacks + sampled.stacks
        let wrong = all.filter { $0.names.contains(leaf) && $0.isComplete && !$0.passes(functions) }
        #expect(wrong.map(\.names) == [])
        let truncated = all.filter { $0.names.contains(leaf) }.compactMap { $0.ending.truncation?.label }
        #expect(Set(truncated).isSubset(of: ["beyond_copied_stack"] + (asleep ? ["unknown_register"] : [])))
    }

    @Test(arguments: arrays + allocations)
    func `A stopped thread is copied with the callers of its large frame`(example: Case) throws {
        try check(example, SamplingOptions(rate: 500, sampler: .ptrace))
    }

    @Test(.enabled(if: isRoot, "bpf(2) is not permitted"), arguments: few)
    func `The kernel copies the callers of a large frame with the sample`(example: Case) throws {
        try check(example, SamplingOptions(rate: 500, sampler: .perf))
    }

    /// The kernel reads no page that the thread has never used, as below a return address in a frame that is used in part.
    @Test(.enabled(if: isRoot, "bpf(2) is not permitted"), arguments: ["twice", "array_12"], (0..<8).map { $0 * 512 })
    func `The kernel copies from wherever in a page a large frame ends`(kind: String, shift: Int) throws {
        let example = Case(place: "thread", kind: kind, shift: shift)
        // The kernel keeps the last 128 copies until they are read.
        try check(example, SamplingOptions(rate: 250, sampler: .perf), samples: 100)
    }

    @Test(arguments: few.filter(arrays.contains), [SamplerKind.ptrace, .perf])
    func `A sleeping thread is read with the callers of its large frame`(example: Case, sampler: SamplerKind) throws {
        try check(example, asleep: true, SamplingOptions(mode: .wall, rate: 500, sampler: sampler))
    }

    /// Where the frame's size is known only by the frame pointer, a stop shows it.
    @Test(arguments: allocations)
    func `A stop completes a sleep below a large frame of unknown size`(example: Case) throws {
        let options = SamplingOptions(mode: .wall, rate: 500, sampler: .ptrace, interruptsSleeping: true)
        try check(example, asleep: true, options)
    }

    @Test(arguments: arrays, [false, true])
    func `A dump shows the callers of a large frame`(example: Case, asleep: Bool) throws {
        let program = try program(example, asleep: asleep)
        let functions = example.functions + [asleep ? "nap" : "spin"]
        #expect(try dumped(program).contains { $0.isComplete && $0.passes(functions) })
    }

    @Test(arguments: allocations)
    func `A dump stops a thread as often as it takes`(example: Case) throws {
        let functions = example.functions + ["spin"]
        #expect(try dumped(program(example)).contains { $0.isComplete && $0.passes(functions) })
    }

    private func dumped(_ program: TestProgram) throws -> [DumpedStack] {
        let objects = TracedObjects()
        let worker = try StackWorker.onThread(objects: objects, frameLimit: 512)
        let dump = try StackDump(
            of: program.id, procfs: ProcFS(), worker: worker, objects: objects, interruptsSleeping: false)
        return try dump.threads().compactMap { thread -> DumpedStack? in
            guard case .stack(let stack, _) = thread.result else { return nil }
            let frames = worker.frames(at: stack.frames.map(\.location))
            let names = stack.frames.reversed().flatMap { (frames[$0.location] ?? []).reversed().map(\.name) }
            return DumpedStack(names: names, isComplete: stack.ending == .rootReached)
        }
    }
}

/// A stack of a dump, root first.
private struct DumpedStack {
    let names: [String]
    let isComplete: Bool

    func passes(_ functions: [String]) -> Bool {
        var rest = names[...]
        return functions.allSatisfy { function in
            guard let index = rest.firstIndex(of: function) else { return false }
            rest = rest[(index + 1)...]
            return true
        }
    }
}
