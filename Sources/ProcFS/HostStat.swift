/// The CPU time of the host: `/proc/stat`, proc_stat(5), in clock ticks since boot, of all CPUs together.
package struct HostStat: Hashable, Sendable {
    package let user: UInt64
    package let nice: UInt64
    package let system: UInt64
    package let idle: UInt64
    package let ioWait: UInt64
    package let interrupt: UInt64
    package let softInterrupt: UInt64
    package let steal: UInt64
    /// The CPUs that are online.
    package let cpuCount: Int

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        guard scanner.accept(word: "cpu ", bytes) else { throw .malformed(file: "stat", field: "cpu") }
        user = try scanner.decimal(bytes).required("stat", "user")
        nice = try scanner.decimal(bytes).required("stat", "nice")
        system = try scanner.decimal(bytes).required("stat", "system")
        idle = try scanner.decimal(bytes).required("stat", "idle")
        ioWait = try scanner.decimal(bytes).required("stat", "iowait")
        interrupt = try scanner.decimal(bytes).required("stat", "irq")
        softInterrupt = try scanner.decimal(bytes).required("stat", "softirq")
        steal = try scanner.decimal(bytes).required("stat", "steal")
        _ = scanner.line(bytes)
        var count = 0
        while scanner.accept(word: "cpu", bytes) {
            count += 1
            _ = scanner.line(bytes)
        }
        guard count > 0 else { throw .malformed(file: "stat", field: "cpu0") }
        cpuCount = count
    }
}
