/// The sums over a process's mappings: `smaps_rollup`, proc_pid_smaps(5).
package struct SmapsRollup: Hashable, Sendable {
    /// The proportional set size: each page divided by the number of processes that map it.
    package let proportionalBytes: UInt64

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            if scanner.accept(word: "Pss:", bytes) {
                proportionalBytes = try scanner.kibibytes(bytes).required("smaps_rollup", "Pss")
                return
            }
            _ = scanner.line(bytes)
        }
        throw .malformed(file: "smaps_rollup", field: "Pss")
    }
}
