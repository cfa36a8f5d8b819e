import Glibc

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

/// How many tasks ran or waited for a disk, on average: `/proc/loadavg`, proc_loadavg(5).
package struct LoadAverage: Hashable, Sendable {
    package let lastMinute: Double
    /// Tasks that are on a CPU or wait for one now, the one that asks among them; `nil` where it isn't shown.
    package let runnable: Int?

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        guard let whole = scanner.decimal(bytes, as: UInt32.self), scanner.accept(UInt8(ascii: "."), bytes),
            let hundredths = scanner.decimal(bytes), hundredths < 100
        else { throw .malformed(file: "loadavg", field: "1 min") }
        lastMinute = Double(whole) + Double(hundredths) / 100
        scanner.skipWords(2, bytes)
        let count = scanner.decimal(bytes, as: Int.self)
        runnable = scanner.accept(UInt8(ascii: "/"), bytes) ? count : nil
    }
}

/// The host's memory in bytes: `/proc/meminfo`, proc_meminfo(5).
package struct MemInfo: Hashable, Sendable {
    /// RAM by sysinfo(2), which needs no `/proc`.
    package static let installedBytes = UInt64(max(sysconf(Int32(_SC_PHYS_PAGES)), 0)) &* pageBytes
    package let total: UInt64
    /// What new programs can have without swapping (Linux 3.14).
    package let available: UInt64
    package let swapTotal: UInt64
    package let swapFree: UInt64

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        total = try Self.field("MemTotal:", bytes)
        available = try Self.field("MemAvailable:", bytes)
        swapTotal = try Self.field("SwapTotal:", bytes)
        swapFree = try Self.field("SwapFree:", bytes)
    }

    private static func field(_ key: String, _ bytes: Span<UInt8>) throws(ProcFSError) -> UInt64 {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            if scanner.accept(word: key, bytes) { return try scanner.kibibytes(bytes).required("meminfo", key) }
            _ = scanner.line(bytes)
        }
        throw .malformed(file: "meminfo", field: key)
    }
}
