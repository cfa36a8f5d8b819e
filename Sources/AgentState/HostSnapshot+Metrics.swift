import HostWatch
import MetricFamilies
import ProcFS

extension HostMeasurement {
    var metrics: [MetricFamily] {
        [
            .gauge("sonde_host_memory_total_bytes", "Memory of the host.", memory.value.map { Double($0.total) }),
            .gauge(
                "sonde_host_memory_available_bytes", "Memory that can be had without swapping.",
                memory.value.map { Double($0.available) }),
            .gauge("sonde_host_swap_total_bytes", "Swap space of the host.", memory.value.map { Double($0.swapTotal) }),
            .gauge(
                "sonde_host_swap_free_bytes", "Swap space that is not used.", memory.value.map { Double($0.swapFree) }),
            .counter(
                "sonde_host_cpu_seconds", "Time of all CPUs together, by what it went to.", cpu.value?.samples ?? []),
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

extension HostSnapshot {
    /// The cgroups with memory limits of their own, by the label `cgroup`.
    var cgroupMetrics: [MetricFamily] {
        [
            .gauge(
                "sonde_cgroup_memory_limit_bytes", "What a cgroup's memory may grow to, by memory.max and memory.high.",
                cgroups.map { $0.sample(Double($0.limit.bytes)) }),
            .gauge(
                "sonde_cgroup_memory_unreclaimable_bytes",
                "A cgroup's memory without page cache and reclaimable slab; tmpfs is in it.",
                cgroups.compactMap { cgroup in
                    cgroup.use?.unreclaimable.map { cgroup.sample(Double($0)) }
                }),
            .gauge(
                "sonde_cgroups_dropped", "Cgroups with a memory limit that are not shown, since there are too many.",
                Double(droppedCgroups)),
        ]
    }
}

extension CgroupMemory {
    fileprivate func sample(_ value: Double) -> MetricSample { MetricSample(value, [MetricLabel("cgroup", path)]) }
}

extension MetricFamily {
    static func gauge(_ name: String, _ help: String, _ samples: [MetricSample]) -> MetricFamily {
        MetricFamily(name: name, help: help, kind: .gauge, samples: samples)
    }

    /// A gauge without labels; without a sample when the value is not known.
    static func gauge(_ name: String, _ help: String, _ value: Double?) -> MetricFamily {
        gauge(name, help, value.map { [MetricSample($0)] } ?? [])
    }

    /// `name` without `_total`.
    static func counter(_ name: String, _ help: String, _ samples: [MetricSample]) -> MetricFamily {
        MetricFamily(name: name, help: help, kind: .counter, samples: samples)
    }

    /// A counter without labels; without a sample when the value is not known.
    static func counter(_ name: String, _ help: String, _ value: Double?) -> MetricFamily {
        counter(name, help, value.map { [MetricSample($0)] } ?? [])
    }
}

extension Known where Value: BinaryInteger {
    var number: Double? { value.map { Double($0) } }
}
