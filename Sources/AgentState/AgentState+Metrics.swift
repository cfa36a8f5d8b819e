import Alerting
import HostWatch
package import MetricFamilies

extension AgentState {
    /// What Prometheus gets: the figures of this state, none of which it has to look up.
    ///
    /// What is not known is left out, never zero. Processes are part of their group; `leakingProcesses` of those that
    /// leak most, at most `maximumLeakingProcesses`, are named by number, on request, since a number that comes and goes
    /// is a new series each time. `lastScrape` is how long making the answer before this one took, in seconds.
    package func metricFamilies(leakingProcesses: Int = 0, lastScrape: Double? = nil) -> [MetricFamily] {
        let leaks = GroupLeaks(of: self)
        return snapshot.groupMetrics + snapshot.cgroupMetrics + leaks.groupMetrics
            + leaks.processMetrics(atMost: leakingProcesses) + poolMetrics + snapshot.host.metrics + alertMetrics
            + snapshot.collectionMetrics + health.metrics
            + [
                .gauge(
                    "sonde_scrape_duration_seconds", "How long making the metrics took, the time before this one.",
                    lastScrape)
            ]
    }

    private var poolMetrics: [MetricFamily] {
        let pools = pools.sorted { $0.name < $1.name }
        let used = pools.compactMap { pool in
            pool.total.map { MetricSample(Double($0), [MetricLabel("pool", pool.name)]) }
        }
        let maximum = pools.map { MetricSample(Double($0.maximum), [MetricLabel("pool", $0.name)]) }
        let byGroup = pools.flatMap { pool in
            pool.used.sorted { $0.key < $1.key }.map { group, count in
                MetricSample(Double(count), [MetricLabel("pool", pool.name), MetricLabel("groupname", group)])
            }
        }
        return [
            .gauge("sonde_pool_used_connections", "Established connections to the pool's endpoint.", used),
            .gauge("sonde_pool_max_connections", "Connections that the pool has, by configuration.", maximum),
            .gauge(
                "sonde_pool_group_connections", "Established connections to the pool's endpoint, by group.", byGroup),
        ]
    }

    private var alertMetrics: [MetricFamily] {
        let counts = activeAlerts.reduce(into: [:]) { $0[[$1.severity.rawValue, $1.type.rawValue], default: 0] += 1.0 }
        let samples = AlertType.allCases.flatMap { type in
            Alert.Severity.allCases.map { severity in
                MetricSample(
                    counts[[severity.rawValue, type.rawValue]] ?? 0,
                    [MetricLabel("severity", severity.rawValue), MetricLabel("type", type.rawValue)])
            }
        }
        return [.gauge("sonde_alerts_active", "Alerts that are active, by severity and type.", samples)]
    }
}

extension AgentState {
    /// However many are asked for.
    package static let maximumLeakingProcesses = 50
}
