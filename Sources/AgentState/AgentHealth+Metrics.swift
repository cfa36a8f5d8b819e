import HostWatch
import MetricFamilies

extension AgentHealth {
    /// The agent about itself; `process_*` are those that every Prometheus client has.
    var metrics: [MetricFamily] {
        workMetrics + storeMetrics + notificationMetrics + configurationMetrics + processMetrics
    }

    private var workMetrics: [MetricFamily] {
        let degraded = Set(self.degraded.map(\.name)).sorted()
        return [
            .counter("sonde_collections", "Collections of all processes.", Double(counters.collections)),
            .counter("sonde_late_collections", "Collections that began late.", Double(counters.lateCollections)),
            .counter("sonde_collection_cpu_seconds", "CPU time of all collections.", counters.collectionCPUSeconds),
            .counter("sonde_alerts_fired", "Alerts that became active.", Double(counters.alertsFired)),
            .gauge(
                "sonde_alerts_suppressed",
                "Conditions that hold without an alert, since the quotas of alerts are used up.",
                Double(suppressedAlerts)),
            .gauge("sonde_collection_interval_seconds", "Current interval between collections.", collectionInterval),
            .counter("sonde_alerts_resolved", "Alerts that were resolved.", Double(counters.alertsResolved)),
            .gauge(
                "sonde_limitations", "Kinds of data that the agent may not read on this host.",
                Double(limitations.count)),
            .gauge(
                "sonde_degraded", "1 for each feature that is reduced to stay within the budget.",
                degraded.map { MetricSample(1, [MetricLabel("feature", $0)]) }),
        ]
    }

    private var storeMetrics: [MetricFamily] {
        let isWorking: Double =
            switch store {
            case .working: 1
            case .failing: 0
            }
        return [
            .gauge("sonde_store_working", "1 if series are kept on disk, 0 if only in memory.", isWorking),
            .counter("sonde_store_errors", "Failed writes to the store.", Double(counters.storeErrors)),
            .counter("sonde_stored_readings", "Readings that were stored.", Double(counters.storedReadings)),
            .counter(
                "sonde_unstored_readings", "Readings that a failing store lost.", Double(counters.unstoredReadings)),
        ]
    }

    private var notificationMetrics: [MetricFamily] {
        func samples(_ counts: [String: UInt64]) -> [MetricSample] {
            counts.sorted { $0.key < $1.key }.map {
                MetricSample(Double($0.value), [MetricLabel("destination", $0.key)])
            }
        }
        let kinds = Dictionary(grouping: destinations, by: \.kind).sorted { $0.key < $1.key }
        func gauge(_ name: String, _ help: String, _ value: ([Destination]) -> Double) -> MetricFamily {
            .gauge(name, help, kinds.map { MetricSample(value($0.value), [MetricLabel("destination", $0.key)]) })
        }
        return [
            gauge(
                "sonde_notification_destination_up",
                "1 if all destinations of the kind accepted the last notification, 0 if one did not."
            ) {
                $0.allSatisfy(\.isUp) ? 1 : 0
            },
            gauge("sonde_notifications_pending", "Notifications that wait for delivery to destinations of the kind.") {
                Double($0.map(\.pending).reduce(0, +))
            },
            .counter(
                "sonde_notifications_delivered", "Notifications that were delivered.", samples(counters.deliveries)),
            .counter(
                "sonde_notifications_failed", "Notifications that could not be delivered.",
                samples(counters.failedDeliveries)),
            .counter(
                "sonde_alert_log_errors", "Lines of the alert file that could not be written.",
                Double(counters.unwrittenAlertLines)),
        ]
    }

    private var configurationMetrics: [MetricFamily] {
        let (isSuccess, time) =
            switch lastReload {
            case .none: (1.0, startedAt)
            case .succeeded(let wall): (1.0, wall)
            case .failed(let wall, _): (0.0, wall)
            }
        return [
            .gauge("sonde_build_info", "1, with the version.", [MetricSample(1, [MetricLabel("version", version)])]),
            .gauge(
                "sonde_config_last_reload_successful", "Whether the last reading of the configuration succeeded.",
                isSuccess),
            .gauge(
                "sonde_config_last_reload_timestamp_seconds", "Time when the configuration was last read, since 1970.",
                time),
        ]
    }

    private var processMetrics: [MetricFamily] {
        [
            .counter("process_cpu_seconds", "CPU time of the agent.", cpuSeconds),
            .gauge("process_resident_memory_bytes", "Resident memory of the agent.", residentBytes.map { Double($0) }),
            .gauge(
                "process_virtual_memory_bytes", "Mapped address space of the agent.", virtualBytes.map { Double($0) }),
            .gauge("process_open_fds", "Open file descriptors of the agent.", openDescriptors.map { Double($0) }),
            .gauge(
                "process_max_fds", "The agent's limit of open file descriptors.", descriptorLimit.map { Double($0) }),
            .gauge("process_start_time_seconds", "When the agent started, since 1970.", startedAt),
        ]
    }
}

extension HostSnapshot {
    /// The collection that this snapshot comes from.
    var collectionMetrics: [MetricFamily] {
        [
            .gauge("sonde_last_collection_timestamp_seconds", "Time of the last collection, since 1970.", time.wall),
            .gauge("sonde_collection_duration_seconds", "Duration of the last collection.", cost.wallSeconds),
            .gauge(
                "sonde_unreadable_processes", "Processes in the last collection of which nothing could be read.",
                Double(cost.hidden)),
            .gauge(
                "sonde_merged_processes",
                "Processes in the group other, while groups beyond maximum_groups are counted together in it.",
                Double(mergedProcesses)),
        ]
    }
}
