/// What a thread was doing when its state was read: the letter of proc_pid_stat(5).
package enum ThreadState: Hashable, Sendable {
    /// `R`: on a CPU, or waiting for one.
    case running
    /// `S`: asleep, and a signal can wake it.
    case sleeping
    /// `D`: asleep, usually for a disk, and no signal can wake it.
    case uninterruptible
    /// `T`: stopped by a signal.
    case stopped
    /// `t`: stopped by a tracer.
    case tracingStop
    /// `Z`: ended, and not yet waited for.
    case zombie
    /// `X`, `x`: about to vanish.
    case dead
    /// `I`: a kernel thread without work.
    case idle
    /// A letter that has another meaning in another kernel.
    case other(UInt8)

    package init(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "R"): self = .running
        case UInt8(ascii: "S"): self = .sleeping
        case UInt8(ascii: "D"): self = .uninterruptible
        case UInt8(ascii: "T"): self = .stopped
        case UInt8(ascii: "t"): self = .tracingStop
        case UInt8(ascii: "Z"): self = .zombie
        case UInt8(ascii: "X"), UInt8(ascii: "x"): self = .dead
        case UInt8(ascii: "I"): self = .idle
        default: self = .other(letter)
        }
    }
}

extension ThreadState: CustomStringConvertible {
    package var description: String {
        switch self {
        case .running: "running"
        case .sleeping: "sleeping"
        case .uninterruptible: "uninterruptible"
        case .stopped: "stopped"
        case .tracingStop: "tracing stop"
        case .zombie: "zombie"
        case .dead: "dead"
        case .idle: "idle"
        case .other(let letter): "state \(Unicode.Scalar(letter).escaped(asASCII: true))"
        }
    }
}
