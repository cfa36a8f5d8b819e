/// What was measured of the host; a `/proc` that shows processes only (`subset=pid`) offers hardly any of it.
package struct HostMeasurement: Equatable, Sendable {
    package var memory: Known<HostMemory>
    /// Seconds since boot, of all CPUs together; none of them falls.
    package var cpu: Known<HostProcessorTimes>
    /// The CPUs that are online.
    package var cpuCount: Int
    /// Bytes since boot, of whole block devices (partitions and stacked devices are not counted again).
    package var disk: Known<DiskTransfer>
    /// Bytes since boot, of the interfaces of devices; for as long as there was none, of all but loopback.
    package var network: Known<NetworkTransfer>
    package var loadAverage: Known<Double>

    package init(
        memory: Known<HostMemory>, cpu: Known<HostProcessorTimes>, cpuCount: Int, disk: Known<DiskTransfer>,
        network:
            Known<NetworkTransfer>, loadAverage: Known<Double>
    ) {
        self.memory = memory
        self.cpu = cpu
        self.cpuCount = cpuCount
        self.disk = disk
        self.network = network
        self.loadAverage = loadAverage
    }
}

/// Bytes, of `/proc/meminfo`.
package struct HostMemory: Equatable, Sendable {
    package var total: UInt64
    package var available: UInt64
    package var swapTotal: UInt64
    package var swapFree: UInt64

    package init(total: UInt64, available: UInt64, swapTotal: UInt64, swapFree: UInt64) {
        self.total = total
        self.available = available
        self.swapTotal = swapTotal
        self.swapFree = swapFree
    }
}

/// Seconds since boot, of `/proc/stat`'s first line.
package struct HostProcessorTimes: Equatable, Sendable {
    package var user: Double
    package var nice: Double
    package var system: Double
    package var idle: Double
    package var ioWait: Double
    package var interrupt: Double
    package var softInterrupt: Double
    package var steal: Double

    package init(
        user: Double, nice: Double, system: Double, idle: Double, ioWait: Double, interrupt: Double,
        softInterrupt: Double, steal: Double
    ) {
        self.user = user
        self.nice = nice
        self.system = system
        self.idle = idle
        self.ioWait = ioWait
        self.interrupt = interrupt
        self.softInterrupt = softInterrupt
        self.steal = steal
    }
}

package struct NetworkTransfer: Equatable, Sendable {
    package var received: UInt64
    package var sent: UInt64

    package init(received: UInt64, sent: UInt64) {
        self.received = received
        self.sent = sent
    }
}
