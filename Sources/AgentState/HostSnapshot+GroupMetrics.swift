package import HostWatch
import MetricFamilies

extension HostSnapshot {
    /// The groups, by the label `groupname`; one that is no longer known has no series.
    var groupMetrics: [MetricFamily] {
        let labels = groups.map { [MetricLabel("groupname", $0.name)] }
        let plain = GroupMetric.all.map { metric in
            let samples = zip(groups, labels).compactMap { group, labels in
                metric.value(group).map { MetricSample($0, labels) }
            }
            return MetricFamily(name: metric.name, help: metric.help, kind: metric.kind, samples: samples)
        }
        return plain + [
            labelled(
                .counter("sonde_group_cpu_seconds", "CPU time, of ended processes too.", []), by: "mode",
                values: { [("user", $0.cpu.user), ("system", $0.cpu.system)] }),
            labelled(
                .gauge(
                    "sonde_group_connections", "TCP connections by state; states that don't occur are left out.", []),
                by: "state", values: \.connectionMetrics),
            labelled(
                .gauge("sonde_group_unreadable_processes", "Processes of which something could not be read.", []),
                by: "what",
                values: { $0.unreadable.sorted { $0.key < $1.key }.map { ($0.key, Double($0.value)) } }),
        ]
    }

    private func labelled(
        _ family: MetricFamily, by label: String, values: (GroupMeasurement) -> [(String, Double)]
    ) -> MetricFamily {
        var family = family
        for group in groups {
            let name = MetricLabel("groupname", group.name)
            family.samples += values(group).map { MetricSample($0.1, [name, MetricLabel(label, $0.0)]) }
        }
        return family
    }
}

extension GroupMeasurement {
    /// The largest share of its memory limit that a process uses, 0 to 1; `nil` while none runs, or not all was read.
    package var knownLimitShare: Double? {
        guard processes > 0, let share = highestLimitShare.value else { return nil }
        // Of a limit that was not read no share is used.
        return share > 0 || resident.value == 0 ? share : nil
    }

    /// `established` always, so that zero differs from unknown.
    fileprivate var connectionMetrics: [(String, Double)] {
        guard let counts = connections.value?.byState else { return [] }
        return TCPState.allCases.compactMap { state in
            let count = counts[state] ?? 0
            return count > 0 || state == .established ? (state.name, Double(count)) : nil
        }
    }
}

/// A figure that a group has once.
private struct GroupMetric: Sendable {
    let name: String
    let help: String
    let kind: MetricFamily.Kind
    /// `nil` when it is not known.
    let value: @Sendable (GroupMeasurement) -> Double?

    static let all = [
        gauge("sonde_group_processes", "Processes that run.") { Double($0.processes) },
        gauge("sonde_group_threads", "Threads of all processes.") { $0.threads.number },
        gauge("sonde_group_resident_memory_bytes", "Resident memory; pages that processes share count for each.") {
            $0.resident.number
        },
        gauge("sonde_group_anonymous_memory_bytes", "Resident memory that no file backs, without shared memory.") {
            $0.anonymous.number
        },
        gauge("sonde_group_swap_memory_bytes", "Anonymous memory that is swapped out.") { $0.swap.number },
        gauge("sonde_group_virtual_memory_bytes", "Mapped address space.") { $0.virtual.number },
        gauge("sonde_group_proportional_memory_bytes", "Resident memory; of a shared page each process has its part.") {
            $0.proportional.number
        },
        gauge("sonde_group_memory_limit_ratio", "The largest share of its memory limit that a process uses.") {
            $0.knownLimitShare
        },
        gauge("sonde_group_open_descriptors", "Open file descriptors.") { $0.openDescriptors.number },
        gauge("sonde_group_descriptor_limit_ratio", "The largest share of its descriptor limit that a process uses.") {
            $0.processes > 0 ? $0.highestDescriptorShare.value : nil
        },
        counter("sonde_group_read_bytes", "Bytes read from block devices, by ended processes too.") {
            $0.disk.value.map { Double($0.read) }
        },
        counter("sonde_group_written_bytes", "Bytes written to block devices, by ended processes too.") {
            $0.disk.value.map { Double($0.written) }
        },
        counter("sonde_group_ended_processes", "Processes that have ended, as far as they were seen.") {
            Double($0.ended)
        },
    ]

    private static func gauge(
        _ name: String, _ help: String, _ value: @escaping @Sendable (GroupMeasurement) -> Double?
    ) -> GroupMetric {
        GroupMetric(name: name, help: help, kind: .gauge, value: value)
    }

    private static func counter(
        _ name: String, _ help: String, _ value: @escaping @Sendable (GroupMeasurement) -> Double?
    ) -> GroupMetric {
        GroupMetric(name: name, help: help, kind: .counter, value: value)
    }
}
