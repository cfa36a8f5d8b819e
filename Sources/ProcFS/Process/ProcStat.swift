package import ProfileModel

/// A process's or thread's `stat`: proc_pid_stat(5).
package struct ProcStat: Hashable, Sendable {
    package let id: Int32
    /// The command name as the process set it: up to 15 bytes (63 in kernel threads), of any content.
    package let command: String
    package let state: ThreadState
    /// `nil` for the first process of a PID namespace, and where the parent lives in another one.
    package let parent: ProcessID?
    package let flags: TaskFlags
    /// Page faults that needed nothing read from a disk.
    ///
    /// Code can't run for the first time without one, or a major one.
    package let minorFaults: UInt64
    package let majorFaults: UInt64
    /// Time in user mode, in clock ticks (`sysconf(_SC_CLK_TCK)` a second).
    package let userTicks: UInt64
    /// Time in kernel mode, in clock ticks.
    package let systemTicks: UInt64
    /// User time of children that have ended and been waited for, and of theirs, in clock ticks.
    package let childUserTicks: UInt64
    /// Kernel time of the same, in clock ticks.
    package let childSystemTicks: UInt64
    package let threadCount: UInt64
    /// Start time after boot, in clock ticks; with the number it identifies a process for good.
    package let startTicks: UInt64
    package let virtualBytes: UInt64
    package let residentPages: UInt64
    /// Where its stack began when it executed its program; `nil` where that isn't shown to this user.
    package let stackStart: UInt64?
    /// The CPU on which it ran last; `nil` before Linux 2.2.8's field 39.
    package let processor: UInt32?

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        let name = try Self.commandRange(bytes)
        var scanner = ByteScanner()
        id = try scanner.decimal(bytes, as: Int32.self).required("stat", "pid")
        command = String(bytes, name)
        scanner = ByteScanner(at: name.upperBound + 1)
        scanner.skipBlanks(bytes)
        let letter = try scanner.peek(bytes).required("stat", "state")
        state = ThreadState(letter: letter)
        scanner.skipWords(1, bytes)
        parent = try Self.parent(scanner.decimal(bytes, as: Int32.self).required("stat", "ppid"))
        scanner.skipWords(4, bytes)
        flags = try TaskFlags(rawValue: scanner.decimal(bytes, as: UInt32.self).required("stat", "flags"))
        minorFaults = try scanner.decimal(bytes).required("stat", "minflt")
        scanner.skipWords(1, bytes)
        majorFaults = try scanner.decimal(bytes).required("stat", "majflt")
        scanner.skipWords(1, bytes)
        userTicks = try scanner.decimal(bytes).required("stat", "utime")
        systemTicks = try scanner.decimal(bytes).required("stat", "stime")
        childUserTicks = try scanner.decimal(bytes).required("stat", "cutime")
        childSystemTicks = try scanner.decimal(bytes).required("stat", "cstime")
        scanner.skipWords(2, bytes)
        threadCount = try scanner.decimal(bytes).required("stat", "num_threads")
        scanner.skipWords(1, bytes)
        startTicks = try scanner.decimal(bytes).required("stat", "starttime")
        virtualBytes = try scanner.decimal(bytes).required("stat", "vsize")
        residentPages = try scanner.decimal(bytes).required("stat", "rss")
        scanner.skipWords(3, bytes)
        stackStart = scanner.decimal(bytes).flatMap { $0 == 0 ? nil : $0 }
        scanner.skipWords(10, bytes)
        processor = scanner.decimal(bytes, as: UInt32.self)
    }

    /// The name may hold parentheses, blanks and newlines; what follows its last parenthesis is numbers.
    private static func commandRange(_ bytes: Span<UInt8>) throws(ProcFSError) -> Range<Int> {
        let opening = try bytes.indices.first { bytes[$0] == UInt8(ascii: "(") }.required("stat", "comm")
        let closing = try bytes.indices.last { bytes[$0] == UInt8(ascii: ")") }.required("stat", "comm")
        guard opening < closing else { throw .malformed(file: "stat", field: "comm") }
        return opening + 1..<closing
    }

    /// Whether it is a thread of the kernel's own in a process, which never runs in user mode: io_uring's and vhost's.
    ///
    /// The flags' bits meant something else before Linux 5.12 and 6.4, in which the kernel began to name them so.
    package var isKernelWorker: Bool {
        flags.contains(.ioWorker) && command.hasPrefix("iou-")
            || flags.contains(.userWorker) && command.hasPrefix("vhost-")
    }

    private static func parent(_ number: Int32) -> ProcessID? { number == 0 ? nil : ProcessID(rawValue: number) }
}

/// The kernel's `PF_` bits of a task, `include/linux/sched.h`.
package struct TaskFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `PF_EXITING`: it is on its way out.
    package static let exiting = TaskFlags(rawValue: 0x0000_0004)
    /// `PF_IO_WORKER`: a thread of io_uring, from Linux 5.12 on.
    package static let ioWorker = TaskFlags(rawValue: 0x0000_0010)
    /// `PF_FORKNOEXEC`: it has not executed a program since it was forked.
    package static let notExecuted = TaskFlags(rawValue: 0x0000_0040)
    /// `PF_USER_WORKER`: a thread that the kernel has made in a process, from Linux 6.4 on.
    package static let userWorker = TaskFlags(rawValue: 0x0000_4000)
    /// `PF_KTHREAD`: it has no user-space memory.
    package static let kernelThread = TaskFlags(rawValue: 0x0020_0000)
}

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
