import ProfileFormats

/// A function that takes any bytes and must return: what `tools/fuzz` drives, and what the corpus is replayed through.
///
/// A trap, a broken property (`precondition`), endless work and memory without bounds are findings.
package struct FuzzTarget: Sendable, CustomStringConvertible {
    /// Names the target on the command line, and the directory of its corpus.
    package let name: String
    /// The longest input that is worth trying, in bytes.
    package let maximumLength: Int
    /// What the fuzzer calls, quick enough for hundreds of inputs a second.
    package let run: @Sendable (_ bytes: [UInt8]) -> Void
    /// Checks everything that `run` checks of any input.
    package let replay: @Sendable (_ bytes: [UInt8]) -> Void

    init(
        name: String, maximumLength: Int, run: @escaping @Sendable (_ bytes: [UInt8]) -> Void,
        replay: (@Sendable (_ bytes: [UInt8]) -> Void)? = nil
    ) {
        self.name = name
        self.maximumLength = maximumLength
        self.run = run
        self.replay = replay ?? run
    }

    package var description: String { name }

    package static let all = [
        FuzzTarget(name: "elf", maximumLength: 8192, run: fuzzELF),
        FuzzTarget(name: "debug-info", maximumLength: 8192, run: fuzzDebugInfo),
        FuzzTarget(name: "call-frames", maximumLength: 1024, run: fuzzCallFrames),
        FuzzTarget(name: "go-functions", maximumLength: 1024, run: fuzzGoFunctions),
        FuzzTarget(name: "code", maximumLength: 1024, run: fuzzCode),
        FuzzTarget(name: "demangle", maximumLength: 512, run: fuzzDemangle),
        FuzzTarget(name: "perf-records", maximumLength: 4096, run: fuzzPerfRecords),
        FuzzTarget(name: "perf-map", maximumLength: 2048, run: fuzzPerfMap),
        FuzzTarget(name: "cpython-lines", maximumLength: 1024, run: fuzzCPythonLines),
        FuzzTarget(name: "cpython-objects", maximumLength: 2048, run: fuzzCPythonObjects),
        FuzzTarget(name: "cpython-frames", maximumLength: 1024, run: fuzzCPythonFrames),
        FuzzTarget(name: "cpython-build", maximumLength: 8192, run: fuzzCPythonBuild),
        FuzzTarget(name: "heap", maximumLength: 16384, run: fuzzHeap),
        FuzzTarget(name: "procfs", maximumLength: 4096, run: fuzzProcFS),
        FuzzTarget(name: "folded-stacks", maximumLength: 1024, run: fuzzFoldedStacks),
        profile(name: "profiles", maximumLength: 4096),
        profile(name: "profile-folded", maximumLength: 1024, in: .folded),
        profile(name: "profile-json", maximumLength: 4096, in: .json),
        profile(name: "profile-perf", maximumLength: 2048, in: .perf),
        profile(name: "profile-pprof", maximumLength: 2048, in: .pprof),
        profile(name: "profile-speedscope", maximumLength: 2048, in: .speedscope),
        FuzzTarget(name: "request-head", maximumLength: 2048, run: fuzzRequestHead),
        FuzzTarget(name: "configuration", maximumLength: 2048, run: fuzzConfiguration),
        FuzzTarget(name: "worker-messages", maximumLength: 1024, run: fuzzWorkerMessages),
    ]
}
