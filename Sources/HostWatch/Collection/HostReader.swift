import ProcFS

/// Measures the host itself.
struct HostReader {
    private let devices: BlockDevices
    private let interfaces: NetworkInterfaces
    /// Whether interfaces without a device count too, as in a container that has no other; not once there was a device.
    private var countsAllInterfaces = true
    private var hasReadNetwork = false
    private var buffer: [UInt8] = []
    private var disk = TransferTotals()
    private var network = TransferTotals()

    init(devices: BlockDevices, interfaces: NetworkInterfaces) {
        self.devices = devices
        self.interfaces = interfaces
    }

    mutating func read(from table: borrowing ProcessTable) throws(ProcFSError) -> HostMeasurement {
        try table.read("meminfo", into: &buffer, limit: Self.limit)
        let memory = try MemInfo(parsing: buffer.span)
        try table.read("stat", into: &buffer, limit: Self.limit)
        let stat = try HostStat(parsing: buffer.span)
        return HostMeasurement(
            memory: HostMemory(
                total: memory.total, available: memory.available, swapTotal: memory.swapTotal,
                swapFree: memory.swapFree),
            cpu: HostProcessorTimes(stat), cpuCount: stat.cpuCount,
            disk: readDisk(table), network: readNetwork(table), loadAverage: readLoad(table))
    }

    private static let limit = 16 << 20

    private mutating func readDisk(_ table: borrowing ProcessTable) -> Known<DiskTransfer> {
        guard devices.isOffered else { return .notOffered }
        return known { () throws(ProcFSError) in
            try table.read("diskstats", into: &buffer, limit: Self.limit)
            let stats = try DiskStats(parsing: buffer.span)
            let whole = stats.devices.filter { devices.isWhole($0.name) }
            let total = disk.total(
                of: whole.map { ($0.name, TransferTotals.Amount($0.readBytes, $0.writtenBytes)) })
            return DiskTransfer(read: total.first, written: total.second)
        }
    }

    private mutating func readNetwork(_ table: borrowing ProcessTable) -> Known<NetworkTransfer> {
        known { () throws(ProcFSError) in
            try table.read("net/dev", into: &buffer, limit: Self.limit)
            let stats = try NetworkDevices(parsing: buffer.span)
            let outer = stats.devices.filter { interfaces.isDevice($0.name) }
            if countsAllInterfaces, !outer.isEmpty {
                countsAllInterfaces = false
                // What the device counted until now, the interfaces before it have counted as well.
                if hasReadNetwork { network.change(to: Self.amounts(outer)) }
            }
            hasReadNetwork = true
            let counted = countsAllInterfaces ? stats.devices.filter { $0.name != "lo" } : outer
            let total = network.total(of: Self.amounts(counted))
            return NetworkTransfer(received: total.first, sent: total.second)
        }
    }

    private static func amounts(_ devices: [NetworkDevices.Device]) -> [(String, TransferTotals.Amount)] {
        devices.map { ($0.name, TransferTotals.Amount($0.receivedBytes, $0.sentBytes)) }
    }

    private mutating func readLoad(_ table: borrowing ProcessTable) -> Known<Double> {
        known { () throws(ProcFSError) in
            try table.read("loadavg", into: &buffer, limit: Self.limit)
            return try LoadAverage(parsing: buffer.span).lastMinute
        }
    }
}

extension HostProcessorTimes {
    init(_ stat: HostStat) {
        self.init(
            user: Clocks.seconds(ofTicks: stat.user), nice: Clocks.seconds(ofTicks: stat.nice),
            system: Clocks.seconds(ofTicks: stat.system), idle: Clocks.seconds(ofTicks: stat.idle),
            ioWait: Clocks.seconds(ofTicks: stat.ioWait), interrupt: Clocks.seconds(ofTicks: stat.interrupt),
            softInterrupt: Clocks.seconds(ofTicks: stat.softInterrupt), steal: Clocks.seconds(ofTicks: stat.steal))
    }
}

/// Two counters of each device, as sums that don't go back when a device goes.
struct TransferTotals {
    struct Amount {
        var first: UInt64
        var second: UInt64

        init(_ first: UInt64, _ second: UInt64) {
            self.first = first
            self.second = second
        }
    }

    private var last: [String: Amount] = [:]
    private var sum = Amount(0, 0)

    /// Adds what the counters of the present devices have grown by; one that began anew counts from zero.
    mutating func total(of devices: some Sequence<(String, Amount)>) -> Amount {
        var present: [String: Amount] = [:]
        for (name, amount) in devices {
            let before = last[name] ?? Amount(0, 0)
            sum.first &+= amount.first >= before.first ? amount.first - before.first : amount.first
            sum.second &+= amount.second >= before.second ? amount.second - before.second : amount.second
            present[name] = amount
        }
        last = present
        return sum
    }

    /// Counts other devices from now on: what their counters show already adds nothing.
    mutating func change(to devices: some Sequence<(String, Amount)>) {
        last = Dictionary(devices.map { ($0.0, $0.1) }, uniquingKeysWith: { _, latest in latest })
    }
}
