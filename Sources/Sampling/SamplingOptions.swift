package import ProfileModel

/// How to sample.
package struct SamplingOptions: Sendable {
    package let mode: SamplingMode
    /// Ticks a second, on average.
    package let rate: Int
    /// Frames after which a stack is truncated.
    package let frameLimit: Int
    /// Whether processes that the targets start are sampled too.
    package let followsChildren: Bool

    package init(mode: SamplingMode = .cpu, rate: Int = 99, frameLimit: Int = 512, followsChildren: Bool = false) {
        self.mode = mode
        self.rate = rate
        self.frameLimit = frameLimit
        self.followsChildren = followsChildren
    }
}
