/// Which threads a tick samples.
package enum SamplingMode: String, Hashable, Sendable, CaseIterable {
    /// Those that are running, or ready to run.
    case cpu
    /// All of them; a sleeping thread is read without stopping it, once for each sleep.
    case wall
}
