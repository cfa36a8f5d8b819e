/// A stack of addresses, leaf first, that knows how it ended.
///
/// Nothing in it is guessed.
package struct RawStack: Hashable, Sendable {
    package let frames: [RawFrame]
    package let ending: StackEnding

    package init(frames: [RawFrame], ending: StackEnding) {
        self.frames = frames
        self.ending = ending
    }
}

extension RawStack {
    /// Of a thread of the kernel's own in a process, such as those of io_uring, where the kernel's functions aren't known.
    package static let kernelWorker = RawStack(
        frames: [RawFrame(address: .programCounter(Address(rawValue: 0)), location: .kernelWorker)],
        ending: .rootReached)
}

/// A stack as the worker followed it, and what to copy to follow the next one of its thread further.
package struct UnwoundStack: Hashable, Sendable {
    package let stack: RawStack
    package let plan: CopyPlan?
    /// What became of interpreter loops in it; `nil` where there is none.
    package let interpreted: InterpretedFrames?
    /// What to copy of the thread's interpreter from now on, where that is not what was copied.
    package let interpreterPlan: InterpreterPlan?
    /// The same of threads of the process that have no plan of their own yet.
    package let sharedInterpreterPlan: InterpreterPlan?
    /// `nil` where it was not an interpreter's.
    package let interpreterThread: InterpreterThread?

    package init(
        _ stack: RawStack, plan: CopyPlan? = nil, interpreted: InterpretedFrames? = nil,
        interpreterPlan: InterpreterPlan? = nil, sharedInterpreterPlan: InterpreterPlan? = nil,
        interpreterThread: InterpreterThread? = nil
    ) {
        self.stack = stack
        self.plan = plan
        self.interpreted = interpreted
        self.interpreterPlan = interpreterPlan
        self.sharedInterpreterPlan = sharedInterpreterPlan
        self.interpreterThread = interpreterThread
    }

    /// `nil` where no interpreter is in the stack.
    package var interpreter: InterpreterOutcome? {
        interpreted.map { InterpreterOutcome(frames: $0, lock: interpreterThread?.lock) }
    }

    /// With another stack in place of its own.
    package func replacing(_ stack: RawStack) -> UnwoundStack {
        UnwoundStack(
            stack, plan: plan, interpreted: interpreted, interpreterPlan: interpreterPlan,
            sharedInterpreterPlan: sharedInterpreterPlan, interpreterThread: interpreterThread)
    }

    package var frames: [RawFrame] { stack.frames }
    package var ending: StackEnding { stack.ending }
}

/// One frame of a stack before its symbol is looked up.
package struct RawFrame: Hashable, Sendable {
    package let address: FrameAddress
    package let location: CodeLocation

    package init(address: FrameAddress, location: CodeLocation) {
        self.address = address
        self.location = location
    }
}

/// What a frame's address means.
package enum FrameAddress: Hashable, Sendable {
    /// The next instruction to execute: the leaf, and the frame that a signal interrupted.
    case programCounter(Address)
    /// The instruction after a call; the call itself ends one byte before it.
    case returnAddress(Address)

    package var value: Address {
        switch self {
        case .programCounter(let address), .returnAddress(let address): address
        }
    }

    /// An address inside the instruction that the frame was executing: what symbols and lines are looked up by.
    package var instruction: Address {
        switch self {
        case .programCounter(let address): address
        case .returnAddress(let address): Address(rawValue: address.rawValue &- 1)
        }
    }
}

/// Where an instruction comes from.
package enum CodeLocation: Hashable, Sendable {
    /// In an object file, at the address that its symbols use.
    case object(ObjectID, FileAddress)
    /// In executable memory that no object file backs: generated code.
    case anonymous(Address)
    /// In generated code that a line of a perf map names, the map by its number among the object files.
    case generated(ObjectID, GeneratedCodeID, Address)
    /// In a function that an interpreter runs, at a line, where that is known.
    case interpreted(InterpretedFunctionID, line: UInt32?)
    /// In no executable mapping.
    case unmapped(Address)
    /// In the kernel, on behalf of the process.
    case kernel(Address)
    /// Somewhere in the kernel, in a thread that never leaves it.
    case kernelWorker
    /// The code that a signal handler returns to: what comes after it in the stack was interrupted.
    case signalReturn(Address)
}

extension CodeLocation {
    /// Whether it is in executable memory that no object file backs.
    package var isGenerated: Bool {
        switch self {
        case .anonymous, .generated: true
        case .object, .interpreted, .unmapped, .kernel, .kernelWorker, .signalReturn: false
        }
    }

    /// Whether it is in a function that an interpreter runs.
    package var isInterpreted: Bool { if case .interpreted = self { true } else { false } }

    /// The object file or the perf map that it is in.
    package var file: ObjectID? {
        switch self {
        case .object(let file, _), .generated(let file, _, _): file
        case .anonymous, .interpreted, .unmapped, .kernel, .kernelWorker, .signalReturn: nil
        }
    }
}

/// How a stack ended.
package enum StackEnding: Hashable, Sendable {
    /// The outermost frame: its unwind information or its code shows that it has no caller.
    case rootReached
    case truncated(TruncationReason)
}

/// Why a stack could not be followed to its root.
package enum TruncationReason: Hashable, Sendable {
    /// The configured number of frames was reached.
    case frameLimit(Int)
    /// The stack goes on above the bytes that were copied.
    case beyondCopiedStack(Address)
    /// The stack goes on on another stack, which was not copied: the one that a signal interrupted, or of a goroutine.
    case otherStackNotCopied(Address)
    /// Memory that the unwind information names could not be read.
    case unreadableMemory(Address)
    /// No unwind information covers the instruction, and the code does not show one verified caller.
    case noUnwindInformation(Address)
    /// A callee-saved register that the unwind information needs is not known and could not be recovered.
    case unknownRegister(at: Address)
    /// The return address does not follow a call in an executable mapping.
    case implausibleReturnAddress(Address)
    /// The caller's frame would lie below the callee's.
    case stackNotAscending(Address)
    /// What was mapped at the address changed at about the time of the sample, so that whose code it was is not known.
    case codeChanged(Address)
    /// The unwind information is damaged, or of a form that is not supported.
    case unsupportedUnwindInformation(Address)
    /// The unwind information was not read: what may be read of all object files of the recording was exhausted.
    case parsingBudgetExhausted(Address)
    /// Following this one stack took more work than a stack may cause.
    case workLimit(Address)

    /// A stable name for counting, such as `frame_limit`.
    package var label: String {
        switch self {
        case .frameLimit: "frame_limit"
        case .beyondCopiedStack: "beyond_copied_stack"
        case .otherStackNotCopied: "other_stack_not_copied"
        case .unreadableMemory: "unreadable_memory"
        case .noUnwindInformation: "no_unwind_information"
        case .unknownRegister: "unknown_register"
        case .implausibleReturnAddress: "implausible_return_address"
        case .stackNotAscending: "stack_not_ascending"
        case .codeChanged: "code_changed"
        case .unsupportedUnwindInformation: "unsupported_unwind_information"
        case .parsingBudgetExhausted: "parsing_budget_exhausted"
        case .workLimit: "work_limit"
        }
    }
}
