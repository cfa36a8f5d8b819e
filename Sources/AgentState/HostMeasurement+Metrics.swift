import HostWatch
import MetricFamilies

extension HostMeasurement {
    var metrics: [MetricFamily] {
        [
            .gauge("sonde_host_memory_total_bytes", "Memory of the host.", Double(memory.total)),
            .gauge(
                "sonde_host_memory_available_bytes", "Memory that can be had without swapping.",
                Double(memory.available)),
            .gauge("sonde_host_swap_total_bytes", "Swap space of the host.", Double(memory.swapTotal)),
            .gauge("sonde_host_swap_free_bytes", "Swap space that is not used.", Double(memory.swapFree)),
            .counter("sonde_host_cpu_seconds", "Time of all CPUs together, by what it went to.", cpu.samples),
            .gauge("sonde_host_cpus", "CPUs of the host.", Double(cpuCount)),
            .counter(
                "sonde_host_disk_read_bytes", "Bytes read from block devices.", disk.value.map { Double($0.read) }),
            .counter(
                "sonde_host_disk_written_bytes", "Bytes written to block devices.",
                disk.value.map { Double($0.written) }),
            .counter(
                "sonde_host_network_received_bytes",
                "Bytes received by network devices; where there is none, by all interfaces but loopback.",
                network.value.map { Double($0.received) }),
            .counter(
                "sonde_host_network_sent_bytes",
                "Bytes sent by network devices; where there is none, by all interfaces but loopback.",
                network.value.map { Double($0.sent) }),
            .gauge("sonde_host_load_average", "Load average of the last minute.", loadAverage.value),
        ]
    }
}

extension HostProcessorTimes {
    /// With the modes' names that the node exporter uses.
    fileprivate var samples: [MetricSample] {
        let modes = [
            ("user", user), ("nice", nice), ("system", system), ("idle", idle), ("iowait", ioWait),
            ("irq", interrupt), ("softirq", softInterrupt), ("steal", steal),
        ]
        return modes.map { MetricSample($0.1, [MetricLabel("mode", $0.0)]) }
    }
}
