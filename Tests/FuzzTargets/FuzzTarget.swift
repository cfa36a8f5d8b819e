import ProfileFormats

/// A function that takes any bytes and must return: what `tools/fuzz` drives, and what the corpus is replayed through.
///
/// A trap, a broken property (`precondition`), endless work and memory without bounds are findings.
package struct FuzzTarget: Sendable, CustomStringConvertible {
    /// Names the target on the command line, and the directory of its corpus.
    package let name: String
    /// The longest input that is worth trying, in bytes.
    package let maximumLength: Int
    package let run: @Sendable (_ bytes: [UInt8]) -> Void

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
        FuzzTarget(name: "procfs", maximumLength: 4096, run: fuzzProcFS),
        FuzzTarget(name: "folded-stacks", maximumLength: 1024, run: fuzzFoldedStacks),
        FuzzTarget(name: "profiles", maximumLength: 4096, run: fuzzProfile),
        FuzzTarget(name: "profile-folded", maximumLength: 1024, run: fuzzProfile(in: .folded)),
        FuzzTarget(name: "profile-json", maximumLength: 4096, run: fuzzProfile(in: .json)),
        FuzzTarget(name: "profile-perf", maximumLength: 2048, run: fuzzProfile(in: .perf)),
        FuzzTarget(name: "profile-pprof", maximumLength: 2048, run: fuzzProfile(in: .pprof)),
        FuzzTarget(name: "profile-speedscope", maximumLength: 2048, run: fuzzProfile(in: .speedscope)),
        FuzzTarget(name: "request-head", maximumLength: 2048, run: fuzzRequestHead),
        FuzzTarget(name: "configuration", maximumLength: 2048, run: fuzzConfiguration),
        FuzzTarget(name: "worker-messages", maximumLength: 1024, run: fuzzWorkerMessages),
    ]
}
