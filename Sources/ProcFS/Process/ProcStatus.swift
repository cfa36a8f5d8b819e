package import ProfileModel

/// A process's or thread's `status`: proc_pid_status(5).
///
/// Optional fields are those that depend on the kernel's version or configuration.
package struct ProcStatus: Hashable, Sendable {
    /// The command name; the kernel's escapes for newline and backslash are undone.
    package private(set) var name = ""
    package let id: Int32
    /// The process; differs from `id` for a thread other than the first.
    package let process: ProcessID
    package private(set) var state: ThreadState?
    /// The tracing thread; `nil` for none, and for one that lives outside Sonde's PID namespace.
    package private(set) var tracer: ThreadID?
    package private(set) var user: TaskIdentity?
    package private(set) var group: TaskIdentity?
    /// The number in each PID namespace, from the one that `/proc` shows to the task's own.
    package private(set) var namespaceIDs: [Int32] = []
    package private(set) var threadCount: UInt64?
    package private(set) var effectiveCapabilities: CapabilitySet?
    package private(set) var permittedCapabilities: CapabilitySet?
    package private(set) var boundingCapabilities: CapabilitySet?
    package private(set) var ambientCapabilities: CapabilitySet?
    package private(set) var hasNoNewPrivileges: Bool?
    package private(set) var seccomp: SeccompMode?
    package private(set) var voluntarySwitches: UInt64?
    package private(set) var involuntarySwitches: UInt64?

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        id = try Self.number(of: "Pid", bytes).required("status", "Pid")
        process = try ProcessID(rawValue: Self.number(of: "Tgid", bytes).required("status", "Tgid"))
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            let line = bytes.extracting(scanner.line(bytes))
            guard let value = Self.valueOffset(line) else { continue }
            try read(String(line, 0..<value - 1), line, at: value)
        }
    }

    private mutating func read(_ key: String, _ line: Span<UInt8>, at offset: Int) throws(ProcFSError) {
        var value = ByteScanner(at: offset)
        value.skipBlanks(line)
        switch key {
        case "Name": name = Self.unescaped(line, from: value.offset)
        case "State": state = value.peek(line).map(ThreadState.init(letter:))
        case "TracerPid": tracer = try Self.tracer(value.decimal(line, as: Int32.self).required("status", key))
        case "Uid": user = try TaskIdentity(value, line).required("status", key)
        case "Gid": group = try TaskIdentity(value, line).required("status", key)
        case "NSpid": namespaceIDs = Self.numbers(value, line)
        case "Threads": threadCount = try value.decimal(line).required("status", key)
        case "CapEff": effectiveCapabilities = try CapabilitySet(value, line).required("status", key)
        case "CapPrm": permittedCapabilities = try CapabilitySet(value, line).required("status", key)
        case "CapBnd": boundingCapabilities = try CapabilitySet(value, line).required("status", key)
        case "CapAmb": ambientCapabilities = try CapabilitySet(value, line).required("status", key)
        case "NoNewPrivs": hasNoNewPrivileges = try value.decimal(line).required("status", key) != 0
        case "Seccomp": seccomp = try SeccompMode(value.decimal(line).required("status", key))
        case "voluntary_ctxt_switches": voluntarySwitches = try value.decimal(line).required("status", key)
        case "nonvoluntary_ctxt_switches": involuntarySwitches = try value.decimal(line).required("status", key)
        default: break
        }
    }

    private static func valueOffset(_ line: Span<UInt8>) -> Int? {
        line.indices.first { line[$0] == UInt8(ascii: ":") }.map { $0 + 1 }
    }

    private static func number(of key: String, _ bytes: Span<UInt8>) -> Int32? {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            let line = bytes.extracting(scanner.line(bytes))
            guard let value = valueOffset(line), String(line, 0..<value - 1) == key else { continue }
            var number = ByteScanner(at: value)
            return number.decimal(line, as: Int32.self)
        }
        return nil
    }

    private static func numbers(_ start: ByteScanner, _ line: Span<UInt8>) -> [Int32] {
        var scanner = start
        var numbers: [Int32] = []
        while let number = scanner.decimal(line, as: Int32.self) { numbers.append(number) }
        return numbers
    }

    private static func tracer(_ number: Int32) -> ThreadID? { number == 0 ? nil : ThreadID(rawValue: number) }

    /// Undoes `\n` and `\\`, all that proc_task_name() escapes.
    private static func unescaped(_ line: Span<UInt8>, from start: Int) -> String {
        var bytes: [UInt8] = []
        var index = start
        while index < line.count {
            if line[index] == .backslash, index + 1 < line.count {
                index += 1
                bytes.append(line[index] == UInt8(ascii: "n") ? .newline : line[index])
            } else {
                bytes.append(line[index])
            }
            index += 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The four user or group numbers of a task: credentials(7).
package struct TaskIdentity: Hashable, Sendable {
    package let real: UInt32
    package let effective: UInt32
    package let saved: UInt32
    package let fileSystem: UInt32

    init?(_ start: ByteScanner, _ line: Span<UInt8>) {
        var scanner = start
        guard let real = scanner.decimal(line, as: UInt32.self),
            let effective = scanner.decimal(line, as: UInt32.self),
            let saved = scanner.decimal(line, as: UInt32.self),
            let fileSystem = scanner.decimal(line, as: UInt32.self)
        else { return nil }
        self.real = real
        self.effective = effective
        self.saved = saved
        self.fileSystem = fileSystem
    }
}

/// How system calls of a task are filtered: seccomp(2).
package enum SeccompMode: Hashable, Sendable {
    case disabled
    case strict
    case filter
    case other(UInt64)

    init(_ number: UInt64) {
        switch number {
        case 0: self = .disabled
        case 1: self = .strict
        case 2: self = .filter
        default: self = .other(number)
        }
    }
}

/// What `status` says about memory and the user: proc_pid_status(5), read without the rest of it.
package struct MemoryStatus: Hashable, Sendable {
    package private(set) var effectiveUser: UInt32?
    /// `RssAnon`; `nil` for processes without memory (kernel threads, zombies) and before Linux 4.5.
    package private(set) var anonymousBytes: UInt64?
    /// `VmSwap`: anonymous memory that is swapped out, shared memory left out; `nil` for processes without memory.
    package private(set) var swapBytes: UInt64?
    /// `RssShmem`: resident shared memory, of tmpfs files too.
    package private(set) var sharedBytes: UInt64?
    /// `HugetlbPages`: pages of hugetlbfs, which are in no resident size.
    package private(set) var hugeTLBBytes: UInt64?
    /// `VmPTE`: page tables, which are in no resident size.
    package private(set) var pageTableBytes: UInt64?
    /// Whether it ignores `SIGCHLD`, so that what its children used is added to nothing when they end.
    package private(set) var ignoresChildren = false

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        guard scanner.accept(word: "Name:", bytes) else { throw .malformed(file: "status", field: "Name") }
        while !scanner.isAtEnd(of: bytes) {
            try readField(&scanner, bytes)
            _ = scanner.line(bytes)
        }
    }

    private mutating func readField(_ scanner: inout ByteScanner, _ bytes: Span<UInt8>) throws(ProcFSError) {
        switch scanner.peek(bytes) {
        case UInt8(ascii: "U") where scanner.accept(word: "Uid:", bytes):
            effectiveUser = try TaskIdentity(scanner, bytes).required("status", "Uid").effective
        case UInt8(ascii: "R") where scanner.accept(word: "RssAnon:", bytes):
            anonymousBytes = try scanner.kibibytes(bytes).required("status", "RssAnon")
        case UInt8(ascii: "R") where scanner.accept(word: "RssShmem:", bytes):
            sharedBytes = try scanner.kibibytes(bytes).required("status", "RssShmem")
        case UInt8(ascii: "H") where scanner.accept(word: "HugetlbPages:", bytes):
            hugeTLBBytes = try scanner.kibibytes(bytes).required("status", "HugetlbPages")
        case UInt8(ascii: "V") where scanner.accept(word: "VmPTE:", bytes):
            pageTableBytes = try scanner.kibibytes(bytes).required("status", "VmPTE")
        case UInt8(ascii: "V") where scanner.accept(word: "VmSwap:", bytes):
            swapBytes = try scanner.kibibytes(bytes).required("status", "VmSwap")
        case UInt8(ascii: "S") where scanner.accept(word: "SigIgn:", bytes):
            // Signal 17 is bit 16.
            ignoresChildren = try scanner.hexadecimal(bytes).required("status", "SigIgn") & (1 << 16) != 0
        default: break
        }
    }
}

extension ByteScanner {
    /// A number of kB, in bytes; `nil` where there is none or it is too large.
    mutating func kibibytes(_ bytes: Span<UInt8>) -> UInt64? {
        guard let kibibytes = decimal(bytes), kibibytes <= UInt64.max / 1024 else { return nil }
        return kibibytes * 1024
    }
}

/// A set of capabilities, by the numbers of `linux/capability.h`: capabilities(7).
package struct CapabilitySet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `CAP_DAC_OVERRIDE`: reading and writing files whatever their permissions.
    package static let overrideAccess = CapabilitySet(rawValue: 1 << 1)
    /// `CAP_DAC_READ_SEARCH`: reading files and directories whatever their permissions.
    package static let readSearch = CapabilitySet(rawValue: 1 << 2)
    /// `CAP_NET_BIND_SERVICE`: listening on ports below 1024.
    package static let bindService = CapabilitySet(rawValue: 1 << 10)
    package static let systemPtrace = CapabilitySet(rawValue: 1 << 19)
    package static let systemAdministration = CapabilitySet(rawValue: 1 << 21)
    package static let performanceMonitoring = CapabilitySet(rawValue: 1 << 38)
    package static let checkpointRestore = CapabilitySet(rawValue: 1 << 40)

    /// From the hexadecimal mask of `status`.
    init?(_ start: ByteScanner, _ line: Span<UInt8>) {
        var scanner = start
        guard let mask = scanner.hexadecimal(line) else { return nil }
        self.init(rawValue: mask)
    }
}
