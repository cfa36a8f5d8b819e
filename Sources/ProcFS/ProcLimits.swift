/// A process's `limits`: proc_pid_limits(5).
package struct ProcLimits: Hashable, Sendable {
    /// How many descriptors it may have: the soft limit, `nil` when unlimited.
    package let openFiles: UInt64?

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            if scanner.accept(word: "Max open files", bytes) {
                scanner.skipBlanks(bytes)
                openFiles =
                    scanner.accept(word: "unlimited", bytes)
                    ? nil : try scanner.decimal(bytes).required("limits", "Max open files")
                return
            }
            _ = scanner.line(bytes)
        }
        throw .malformed(file: "limits", field: "Max open files")
    }
}
