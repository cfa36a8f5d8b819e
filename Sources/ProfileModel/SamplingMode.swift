/// Which threads are sampled, and when.
package enum SamplingMode: String, Hashable, Sendable, CaseIterable {
    /// Those that are running, or ready to run.
    case cpu
    /// All of them; a sleeping thread is read without stopping it, once for each sleep.
    case wall
    /// Those that leave a CPU, each time that they do, for as long as they stay away.
    case offCPU = "off-cpu"
}
