/// What `status` says about memory and the user: proc_pid_status(5), read without the rest of it.
package struct MemoryStatus: Hashable, Sendable {
    package private(set) var effectiveUser: UInt32?
    /// `RssAnon`; `nil` for processes without memory (kernel threads, zombies) and before Linux 4.5.
    package private(set) var anonymousBytes: UInt64?
    /// `VmSwap`: anonymous memory that is swapped out, shared memory left out; `nil` for processes without memory.
    package private(set) var swapBytes: UInt64?
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
