import HostWatch
import MetricFamilies

extension AgentHealth {
    /// The agent about itself; `process_*` are those that every Prometheus client has.
    var metrics: [MetricFamily] {
        workMetrics + storeMetrics + pushMetrics + configurationMetrics + processMetrics
    }

    private var workMetrics: [MetricFamily] {
        let shed = Set(self.shed.map(\.name)).sorted()
        return [
            .counter("sonde_looks", "Looks at all processes.", Double(counters.looks)),
            .counter("sonde_late_looks", "Looks that began later than their time.", Double(counters.lateLooks)),
            .counter("sonde_look_cpu_seconds", "CPU time of all looks.", counters.lookCPUSeconds),
            .counter("sonde_alerts_fired", "Alerts that became active.", Double(counters.alertsFired)),
            .gauge(
                "sonde_alerts_held_back", "Conditions that hold but don't alert, since too many alerts are active.",
                Double(suppressedAlerts)),
            .gauge("sonde_look_interval_seconds", "Time between looks, as it is now.", collectionInterval),
            .counter("sonde_alerts_resolved", "Alerts that were resolved.", Double(counters.alertsResolved)),
            .gauge("sonde_limitations", "Kinds of things that may not be read here.", Double(limitations.count)),
            .gauge(
                "sonde_shed", "1 for each kind of work that is left out to stay within the budget.",
                shed.map { MetricSample(1, [MetricLabel("what", $0)]) }),
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

    private var pushMetrics: [MetricFamily] {
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
            gauge("sonde_push_up", "1 if all destinations of the kind took the last alert, 0 if one didn't.") {
                $0.allSatisfy(\.isUp) ? 1 : 0
            },
            gauge("sonde_push_waiting", "Alert events that destinations of the kind have yet to get.") {
                Double($0.map(\.waiting).reduce(0, +))
            },
            .counter("sonde_push_deliveries", "Alert events that were delivered.", samples(counters.deliveries)),
            .counter(
                "sonde_push_failures", "Alert events that could not be delivered.", samples(counters.failedDeliveries)),
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
                "sonde_config_last_reload_timestamp_seconds", "When the configuration was read last, since 1970.", time),
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
    /// The look that this snapshot comes from.
    var lookMetrics: [MetricFamily] {
        [
            .gauge("sonde_last_look_timestamp_seconds", "When the last look was taken, since 1970.", time.wall),
            .gauge("sonde_last_look_duration_seconds", "How long the last look took.", cost.wallSeconds),
            .gauge(
                "sonde_hidden_processes", "Processes of which nothing may be read, of the last look.",
                Double(cost.hidden)),
            .gauge(
                "sonde_merged_processes",
                "Processes in the group other, while groups beyond maximum_groups are counted together in it.",
                Double(mergedProcesses)),
        ]
    }
}
