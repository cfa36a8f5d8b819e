import AgentState
import HostWatch

/// The host's processors, memory, disks and network.
struct HostBody: Encodable, Sendable {
    struct Memory: Encodable, Sendable {
        let totalBytes: UInt64
        /// Total without what is available.
        let usedBytes: UInt64
        let availableBytes: UInt64
        /// Used, of the total; 0 to 100.
        @Nullable var percent: Double?
        let swapTotalBytes: UInt64
        let swapUsedBytes: UInt64
    }

    /// Since boot, in seconds, of all CPUs together.
    struct ProcessorSeconds: Encodable, Sendable {
        let user, nice, system, idle, iowait, irq, softirq, steal: Double
    }

    let cpuCount: Int
    /// Busy, of all CPUs, between the last two collections; 0 to 100.
    @Nullable var cpuPercent: Double?
    @Nullable var cpuSecondsTotal: ProcessorSeconds?
    /// Over one minute.
    @Nullable var loadAverage: Double?
    @Nullable var memory: Memory?
    /// Since boot.
    @Nullable var diskReadBytesTotal: UInt64?
    @Nullable var diskWrittenBytesTotal: UInt64?
    @Nullable var networkReceivedBytesTotal: UInt64?
    @Nullable var networkSentBytesTotal: UInt64?
    let unknown: UnknownFields

    init(_ host: HostMeasurement, use: ProcessorUse?) {
        var unknown = UnknownFields()
        cpuCount = host.cpuCount
        cpuPercent = unknown.rate(use?.host.map { $0 * 100 }, "cpu_percent")
        cpuSecondsTotal = unknown.value(of: host.cpu, "cpu_seconds_total").map(ProcessorSeconds.init)
        loadAverage = finite(unknown.value(of: host.loadAverage, "load_average"))
        memory = unknown.value(of: host.memory, "memory").map(Memory.init)
        let disk = unknown.value(of: host.disk, "disk_read_bytes_total", "disk_written_bytes_total")
        diskReadBytesTotal = disk?.read
        diskWrittenBytesTotal = disk?.written
        let network = unknown.value(of: host.network, "network_received_bytes_total", "network_sent_bytes_total")
        networkReceivedBytesTotal = network?.received
        networkSentBytesTotal = network?.sent
        self.unknown = unknown
    }
}

extension HostBody.Memory {
    fileprivate init(_ memory: HostMemory) {
        totalBytes = memory.total
        availableBytes = min(memory.available, memory.total)
        usedBytes = memory.total - availableBytes
        percent = Share.percent(Double(usedBytes), of: memory.total)
        swapTotalBytes = memory.swapTotal
        swapUsedBytes = memory.swapTotal - min(memory.swapFree, memory.swapTotal)
    }
}

extension HostBody.ProcessorSeconds {
    fileprivate init(_ times: HostProcessorTimes) {
        user = times.user
        nice = times.nice
        system = times.system
        idle = times.idle
        iowait = times.ioWait
        irq = times.interrupt
        softirq = times.softInterrupt
        steal = times.steal
    }
}

enum Share {
    /// 0 to 100; `nil` of nothing.
    static func percent(_ value: Double, of whole: UInt64) -> Double? {
        whole > 0 ? finite(value / Double(whole) * 100) : nil
    }
}
