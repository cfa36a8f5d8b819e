import ArgumentParser
import ProfileModel

extension SamplingMode: ExpressibleByArgument {}

/// Which threads are sampled, and how often, in all commands that sample.
struct SamplingArguments: ParsableArguments {
    @Option(name: [.short, .long], help: ArgumentHelp("Samples per second, 1 to 10000.", valueName: "hz"))
    var rate = 99

    @Option(
        help: """
            cpu: running threads. wall: all threads; sleeping ones are read without being stopped. off-cpu: where \
            threads leave the CPU, and for how long.
            """)
    var mode = SamplingMode.cpu

    @Flag(name: [.short, .long], help: "Sample all descendants of the processes too, including those started later.")
    var subprocesses = false

    func validate() throws {
        guard (1...10_000).contains(rate) else { throw ValidationError("The rate must be 1 to 10000 Hz, not \(rate).") }
    }

    /// Refuses a sampler that can't sample so.
    func check(_ sampler: SamplerChoice) throws {
        if mode == .offCPU, sampler == .ptrace {
            throw ValidationError("--mode off-cpu needs --sampler perf: only the kernel sees context switches.")
        }
    }
}
