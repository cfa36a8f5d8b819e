internal import ProfileModel

/// A stack that was copied while its thread went on, and waits to be unwound.
struct SampledMoment: Sendable {
    let snapshot: StackSnapshot
    let thread: ThreadIdentity
    let time: MonotonicTime
    /// What it counts for: one, or nanoseconds.
    let weight: UInt64
}
