/// What to copy of a thread's interpreter together with its stack, so that both are of one time.
///
/// The worker computes it from the structures of the runtime, and the tracer carries it out: it follows pointers and copies
/// bytes, and interprets neither.
package struct InterpreterPlan: Hashable, Sendable {
    /// A place: an address, and pointers to follow from there.
    package struct Place: Hashable, Sendable {
        package let address: Address
        /// Each is added to the address so far, where the next address is read.
        package let offsets: [UInt32]

        package init(_ address: Address, following offsets: [UInt32] = []) {
            self.address = address
            self.offsets = offsets
        }
    }

    package enum Step: Hashable, Sendable {
        /// So many bytes.
        case bytes(at: Place, count: UInt32)
        /// The bytes between two places; the highest ones where they are more than `limit`.
        case range(from: Place, to: Place, limit: UInt32)
        /// So many bytes of each element of a list, that aren't copied already; `next` is where an element has the address of
        /// the following one, and `limit` is how many elements are visited.
        case list(first: Place, next: UInt32, count: UInt32, limit: UInt32)
    }

    package static let stepLimit = 16
    package static let offsetLimit = 4
    /// Bytes that are copied of one thread by all plans, at most.
    package static let largestCopy = 64 << 10
    /// Separate copies of one thread, at most.
    package static let copyLimit = 320
    /// Elements of a list that are visited, at most.
    package static let elementLimit: UInt32 = 1024

    package let steps: [Step]

    /// `nil` where it asks for more than it may.
    package init?(steps: [Step]) {
        guard !steps.isEmpty, steps.count <= Self.stepLimit, steps.allSatisfy(\.isBounded) else { return nil }
        self.steps = steps
    }
}

extension InterpreterPlan.Step {
    fileprivate var isBounded: Bool {
        let (places, count): ([InterpreterPlan.Place], UInt32) =
            switch self {
            case .bytes(let place, let count): ([place], count)
            case .range(let start, let end, let limit): ([start, end], limit)
            case .list(let first, let next, let count, let limit):
                (
                    [first],
                    limit <= InterpreterPlan.elementLimit && next <= UInt32(InterpreterPlan.largestCopy) ? count : .max
                )
            }
        return count <= UInt32(InterpreterPlan.largestCopy)
            && places.allSatisfy { $0.offsets.count <= InterpreterPlan.offsetLimit }
    }
}

/// What is copied of a thread besides the part of its stack that it is on.
package struct ThreadPlans: Hashable, Sendable {
    /// The newest first.
    package let stacks: [CopyPlan]
    package let interpreter: InterpreterPlan?

    package init(stacks: [CopyPlan], interpreter: InterpreterPlan?) {
        self.stacks = stacks
        self.interpreter = interpreter
    }

    package var isEmpty: Bool { stacks.isEmpty && interpreter == nil }
}

/// What became of the frames of a stack's interpreter loops.
package enum InterpretedFrames: Hashable, Sendable {
    /// Each loop's place has been taken by the functions that it ran.
    case complete
    /// Loops are left as native frames, since it isn't known what they ran.
    case unknown(InterpreterLoss)
}

/// Why it isn't known what an interpreter loop ran.
package enum InterpreterLoss: String, Hashable, Sendable, CaseIterable {
    /// The interpreter's frames were not copied at the same time as the stack: by the first sample of a thread, or of a
    /// thread that went on.
    case notCopied = "not_copied"
    /// The frames that were copied don't lead to these loops: the interpreter was changing them.
    case mismatch = "chain_mismatch"
    /// There are more frames than are copied.
    case tooDeep = "too_deep"
    /// A function's name, or what else is read of it, was no longer there, or was not what it should be.
    case unreadableCode = "unreadable_code"
    /// The memory of a function was given to another one at about that time.
    case replacedCode = "replaced_code"
    /// The version of the runtime isn't known.
    case unknownVersion = "unknown_version"
    /// More distinct functions than are kept.
    case tooManyFunctions = "too_many_functions"
}
