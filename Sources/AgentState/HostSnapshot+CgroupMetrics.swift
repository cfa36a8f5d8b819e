import HostWatch
import MetricFamilies
import ProcFS

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
                "sonde_cgroups_left_out", "Cgroups with a memory limit that are too many to be told.",
                Double(cgroupsLeftOut)),
        ]
    }
}

extension CgroupMemory {
    fileprivate func sample(_ value: Double) -> MetricSample { MetricSample(value, [MetricLabel("cgroup", path)]) }
}
