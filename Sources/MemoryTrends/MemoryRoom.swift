/// What is left below a memory limit.
package enum MemoryRoom: Hashable, Sendable {
    /// All that the process doesn't use itself: it fills the limit alone.
    case alone
    /// Bytes that are left to all who fill it together.
    case shared(UInt64)
    /// Others fill it too, and how much they use can't be told.
    case unknown
}
