/// How many tasks ran or waited for a disk, on average: `/proc/loadavg`, proc_loadavg(5).
package struct LoadAverage: Hashable, Sendable {
    package let lastMinute: Double

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        guard let whole = scanner.decimal(bytes, as: UInt32.self), scanner.accept(UInt8(ascii: "."), bytes),
            let hundredths = scanner.decimal(bytes), hundredths < 100
        else { throw .malformed(file: "loadavg", field: "1 min") }
        lastMinute = Double(whole) + Double(hundredths) / 100
    }
}
