/// Why stacks have no root, for a person: what the reason means, and what to do about it.
package struct TruncationText: Hashable, Sendable {
    /// Completes "stacks are truncated …".
    package let meaning: String
    /// `nil` where nothing can be done.
    package let remedy: String?

    /// - Parameters:
    ///   - label: A `TruncationReason.label`; one that is not known has itself for a meaning.
    ///   - sampler: Who took the stacks.
    ///   - mayInterrupt: Whether stopping sleeping threads could show more than was read.
    package init(label: String, sampler: SamplerKind, mayInterrupt: Bool) {
        (meaning, remedy) =
            switch label {
            case "frame_limit": ("deeper than --max-depth", "increase --max-depth")
            case "beyond_copied_stack":
                (
                    "larger than what is copied of a stack",
                    sampler == .perf ? "--sampler ptrace copies up to 1 MiB, perf_event 63 KiB" : nil
                )
            case "other_stack_not_copied":
                (
                    "continued on another stack, as of a signal handler or a goroutine",
                    "record for longer, as only a thread's first samples are"
                        + (sampler == .perf ? "; with perf that takes CAP_BPF and CAP_PERFMON" : "")
                )
            case "unreadable_memory": ("led to memory that can't be read", Self.unwindInformation)
            case "no_unwind_information":
                (
                    "in code without unwind information",
                    "\(Self.unwindInformation); a JVM: -XX:+PreserveFramePointer; node: record once its code is optimized"
                )
            case "unknown_register":
                (
                    "of sleeping threads of which not all registers are known",
                    mayInterrupt ? "--interrupt-sleeping stops such a thread once to read them" : nil
                )
            case "implausible_return_address", "stack_not_ascending":
                ("with a return address that is none", Self.unwindInformation)
            case "code_changed":
                ("in code that was being loaded or unloaded", "record once the process has started, or for longer")
            case "unsupported_unwind_information":
                ("in code with damaged or unsupported unwind information", "please report it with the object file")
            case "parsing_budget_exhausted":
                ("in object files beyond what may be read of all targets", "read fewer processes at once")
            case "work_limit": ("too expensive to follow", "decrease --max-depth")
            default: (label, nil)
            }
    }

    private static let unwindInformation =
        "build the code with -fasynchronous-unwind-tables or -fno-omit-frame-pointer"
}
