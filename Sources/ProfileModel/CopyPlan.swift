/// What to copy of a thread besides the part of its stack that it is on: how its stack goes on elsewhere, as a snapshot of
/// it showed.
///
/// The worker computes it, and the tracer carries it out when the thread is seen again, so that a handler on a signal stack
/// comes with the stack that it interrupted, C code with the goroutine that called it, and a frame of a megabyte with its
/// callers, without what is in it.
package struct CopyPlan: Hashable, Sendable {
    /// Where a copy begins, and how much is copied at most.
    package struct Step: Hashable, Sendable {
        package enum Origin: Hashable, Sendable {
            /// The pointer at an address.
            case memory(Address)
            /// What a register holds, by its DWARF number.
            case register(UInt8)
            /// The place itself, where the thread's outer frames stay as long as it is in them.
            case address(Address)
        }

        package let origin: Origin
        /// Each is added to the pointer that was read last, for the address of the next one.
        package let offsets: [Int64]
        /// Added to the last pointer: where the copy begins.
        package let start: Int64
        /// At most `largestCopy`.
        package let byteCount: Int

        package init(origin: Origin, offsets: [Int64] = [], start: Int64 = 0, byteCount: Int) {
            self.origin = origin
            self.offsets = offsets
            self.start = start
            self.byteCount = byteCount
        }
    }

    package static let stepLimit = 6
    package static let offsetLimit = 3
    package static let largestCopy = 1 << 20

    /// Where the stack pointer has to be.
    package let stack: Range<Address>
    package let steps: [Step]

    /// `nil` where it asks for more than it may.
    package init?(stack: Range<Address>, steps: [Step]) {
        guard !steps.isEmpty, steps.count <= Self.stepLimit,
            steps.allSatisfy({ $0.offsets.count <= Self.offsetLimit && (0...Self.largestCopy).contains($0.byteCount) })
        else { return nil }
        self.stack = stack
        self.steps = steps
    }
}
