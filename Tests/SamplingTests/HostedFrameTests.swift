import Foundation
import ProfileModel
import Sampling
import TestSupport
import Testing

/// Code that runs on the frame of a function that has jumped to it, as Haskell's does.
@Suite struct HostedFrameTests {
    private static let isRoot = geteuid() == 0

    private static let kinds = ["moves", "pushes", "nested"]

    private static func functions(_ kind: String, asleep: Bool = false) -> [String] {
        switch kind {
        case "alone": ["main", "outer", "guest_spin"]
        case "nested": ["main", "outer", "guest", "inner", "guest", "rest", asleep ? "nap" : "spin"]
        default: ["main", "outer", "guest", "rest", asleep ? "nap" : "spin"]
        }
    }

    private func check(_ kind: String, asleep: Bool = false, _ options: SamplingOptions) throws {
        let path = Locations.testPrograms.appending(path: "hosted").path
        let program = try TestProgram(at: path, arguments: [kind] + (asleep ? ["asleep"] : []))
        let sampled = try SampledProcess(program, samples: 1200, options: options)
        let functions = Self.functions(kind, asleep: asleep)
        let leaf = functions.last ?? ""
        let meant = sampled.count { $0.names.contains(leaf) }
        let complete = sampled.count { $0.isComplete && $0.passes(functions) }
        // The first samples may only show what to copy.
        #expect(complete * 10 >= meant * 8, "\(complete) of \(meant)")
        #expect(meant > 0)
        let stacks = sampled.stacks.filter { $0.names.contains(leaf) }
        #expect(stacks.filter { $0.isComplete && !$0.passes(functions) }.map(\.names) == [])
        let reasons = Set(stacks.compactMap { $0.ending.truncation?.label })
        #expect(reasons.isSubset(of: ["beyond_copied_stack"]))
    }

    @Test(arguments: kinds + ["alone"])
    func `A stopped thread shows who called the function that jumped`(kind: String) throws {
        try check(kind, SamplingOptions(rate: 500, sampler: .ptrace))
    }

    /// The kernel copies no more than up to where what was reserved was never used.
    @Test(.enabled(if: isRoot, "bpf(2) is not permitted"), arguments: ["moves", "alone"])
    func `The kernel copies the caller of the function that jumped`(kind: String) throws {
        try check(kind, SamplingOptions(rate: 500, sampler: .perf))
    }

    @Test(arguments: kinds)
    func `A sleeping thread shows who called the function that jumped`(kind: String) throws {
        try check(kind, asleep: true, SamplingOptions(mode: .wall, rate: 200, sampler: .ptrace))
    }
}
