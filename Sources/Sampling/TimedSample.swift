internal import PerfEvents
internal import ProcFS
internal import ProfileModel

/// A stack that was copied while its thread went on, and waits to be unwound.
struct TimedSample: Sendable {
    let snapshot: StackSnapshot
    let thread: ThreadIdentity
    let time: MonotonicTime
    /// What it counts for: one, or nanoseconds.
    let weight: UInt64
}

/// A change of the code that a process has mapped, as the kernel reported it.
struct CodeChange: Sendable {
    enum Kind: Sendable {
        case mapped(MemoryMapping)
        /// Another program is executed, in an address space that is empty at first.
        case executed
        /// From then on, changes may have gone unreported.
        case unknown
    }

    let time: MonotonicTime
    let kind: Kind
}

extension PerfRecord {
    /// What it says of the code of its own process; `nil` where it says nothing.
    var codeChange: CodeChange? {
        let moment = MonotonicTime(nanoseconds: time)
        switch content {
        case .mapped(let mapping): return CodeChange(time: moment, kind: .mapped(mapping))
        case .named(_, isExecution: true): return CodeChange(time: moment, kind: .executed)
        default: return nil
        }
    }
}
