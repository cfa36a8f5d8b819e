import Glibc
import ProcFS
import SystemSupport

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
    private var ticks = HostTicks()

    init(devices: BlockDevices, interfaces: NetworkInterfaces) {
        self.devices = devices
        self.interfaces = interfaces
    }

    mutating func read(from table: borrowing ProcessTable) throws(ProcFSError) -> HostMeasurement {
        let memory = try shown { () throws(ProcFSError) in
            try table.read("meminfo", into: &buffer, limit: Self.limit)
            return try HostMemory(MemInfo(parsing: buffer.span))
        }
        let stat = try shown { () throws(ProcFSError) in
            try table.read("stat", into: &buffer, limit: Self.limit)
            return try HostStat(parsing: buffer.span)
        }
        return HostMeasurement(
            memory: memory, cpu: stat.map { ticks.times($0) },
            cpuCount: stat.value?.cpuCount ?? max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1),
            disk: readDisk(table), network: readNetwork(table), loadAverage: readLoad(table))
    }

    /// What `/proc` may not show, as with `subset=pid`; other failures end the collection.
    private func shown<Value>(_ read: () throws(ProcFSError) -> Value) throws(ProcFSError) -> Known<Value> {
        do {
            return .value(try read())
        } catch .vanished {
            return .notOffered
        } catch .notPermitted {
            return .notPermitted
        } catch {
            throw error
        }
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

extension HostMemory {
    init(_ memory: MemInfo) {
        self.init(
            total: memory.total, available: memory.available, swapTotal: memory.swapTotal, swapFree: memory.swapFree)
    }
}

/// The kernel's counters of CPU time, none of which falls here.
///
/// iowait may fall, and idle with it (proc_stat(5)): by a little, and the counter stays where it is until the kernel's has
/// passed it; or by what a CPU had that went offline, and it goes on from there.
struct HostTicks {
    private var user = RisingTicks()
    private var nice = RisingTicks()
    private var system = RisingTicks()
    private var idle = RisingTicks()
    private var ioWait = RisingTicks()
    private var interrupt = RisingTicks()
    private var softInterrupt = RisingTicks()
    private var steal = RisingTicks()

    mutating func times(_ stat: HostStat) -> HostProcessorTimes {
        HostProcessorTimes(
            user: user.seconds(stat.user), nice: nice.seconds(stat.nice), system: system.seconds(stat.system),
            idle: idle.seconds(stat.idle), ioWait: ioWait.seconds(stat.ioWait),
            interrupt: interrupt.seconds(stat.interrupt), softInterrupt: softInterrupt.seconds(stat.softInterrupt),
            steal: steal.seconds(stat.steal))
    }
}

/// A counter of clock ticks that doesn't fall when the kernel's does.
private struct RisingTicks {
    private var shown: UInt64 = 0
    /// What is added to the kernel's.
    private var offset: UInt64 = 0
    /// A fall by more, in seconds, is not made up for soon.
    private static let greatestJitter = 3.0

    mutating func seconds(_ ticks: UInt64) -> Double {
        let raised = ticks &+ offset
        if raised >= shown {
            shown = raised
        } else if Clocks.seconds(ofTicks: shown - raised) > Self.greatestJitter {
            offset = shown &- ticks
        }
        return Clocks.seconds(ofTicks: shown)
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
