import AgentState
import Foundation
import HostWatch
import MemoryTrends
import MetricFamilies
import TestSupport
import Testing

@Suite struct StateMetricsTests {
    @Test(arguments: [ExpositionFormat.text, .openMetrics])
    func `A rich state is exposed as recorded`(format: ExpositionFormat) throws {
        let families = SampleStates.rich.metricFamilies(leakingProcesses: 10, lastScrape: 0.0125)
        let text = String(decoding: MetricsExposition.bytes(of: families, in: format), as: UTF8.self)
        let name = format == .text ? "rich.prom" : "rich.openmetrics"
        let golden = try Golden.text(named: name, insteadOf: text)
        #expect(text == golden, "differs from \(name)")
    }

    @Test(arguments: SampleStates.Name.allCases)
    func `promtool has no complaint`(name: SampleStates.Name) throws {
        let families = SampleStates.state(name).metricFamilies(leakingProcesses: 10, lastScrape: 0.1)
        let text = Data(MetricsExposition.bytes(of: families, in: .text))
        let result = try run(["/usr/bin/promtool", "check", "metrics"], input: text)
        #expect(result.status == .exited(0))
        #expect(result.output + result.errors == "")
    }

    @Test func `What is not known has no series`() {
        let families = SampleStates.rich.metricFamilies()
        for name in ["swap_memory_bytes", "open_descriptors", "descriptor_limit_ratio", "read_bytes", "connections"] {
            let groups = families.values("sonde_group_\(name)", by: "groupname")
            #expect(groups["secret.service"] == nil, "\(name)")
            #expect(groups["workers"] != nil, "\(name)")
        }
        #expect(families.values("sonde_group_resident_memory_bytes", by: "groupname")["secret.service"] == 0x1p27)
        #expect(families.values("sonde_group_proportional_memory_bytes", by: "groupname") == ["workers": 80_740_352])
        let nothing = SampleStates.empty.metricFamilies()
        for name in ["sonde_host_disk_read_bytes", "process_max_fds", "sonde_host_load_average"] {
            #expect(nothing.first { $0.name == name }?.samples.isEmpty == true, "\(name)")
        }
    }

    @Test func `A group in its grace period keeps its totals, and has no share of a limit`() {
        let families = SampleStates.rich.metricFamilies()
        let name = "cron.service"
        #expect(families.values("sonde_group_processes", by: "groupname")[name] == 0)
        #expect(families.values("sonde_group_written_bytes", by: "groupname")[name] == 0)
        #expect(families.values("sonde_group_memory_limit_ratio", by: "groupname")[name] == nil)
        var state = SampleStates.rich
        let (index, unread) = (state.snapshot.groups.startIndex, state.snapshot.groups[0].name)
        state.snapshot.groups[index].highestLimitShare = .value(0)
        #expect(state.metricFamilies().values("sonde_group_memory_limit_ratio", by: "groupname")[unread] == nil)
        state.snapshot.groups.removeAll { $0.name == name }
        #expect(!state.metricFamilies().contains { $0.names(name) })
    }

    @Test func `Of eight workers the one that leaks speaks for its group`() {
        let families = SampleStates.rich.metricFamilies()
        func value(_ name: String) -> Double? { families.values("sonde_leak_\(name)", by: "groupname")["workers"] }
        #expect(value("suspected") == 1)
        #expect(value("level") == 3)
        #expect(value("judged_processes") == 8)
        #expect(value("suspected_processes") == 1)
        #expect(value("growth_bytes_per_second") == 100_000)
        #expect(value("floor_growth_bytes") == 360_000_000)
        #expect(value("exhaustion_seconds") == 50_400)
    }

    @Test func `A confirmed leak doesn't hide a suspected one that has less time left`() throws {
        var state = SampleStates.rich
        let other = try #require(state.snapshot.processes.last).identity
        state.verdicts[other] = SampleStates.verdict(.suspected, slope: 5, secondsToLimit: 600)
        let families = state.metricFamilies(leakingProcesses: 2)
        #expect(families.values("sonde_leak_exhaustion_seconds", by: "groupname")["workers"] == 600)
        #expect(families.values("sonde_leak_growth_bytes_per_second", by: "groupname")["workers"] == 5)
        #expect(families.values("sonde_leak_level", by: "groupname")["workers"] == 3)
        #expect(families.values("sonde_leak_process_level", by: "pid") == ["307": 2, "304": 3])
    }

    @Test func `A warning is no suspicion, and growth by chance leads to no end`() {
        let families = SampleStates.rich.metricFamilies()
        #expect(
            families.values("sonde_leak_suspected", by: "groupname")
                == ["api.service": 0, "redis-server": 0, "workers": 1])
        #expect(
            families.values("sonde_leak_exhaustion_seconds", by: "groupname")
                == ["api.service": 4.2e6, "workers": 50_400])
        var state = SampleStates.rich
        for process in state.verdicts.keys { state.verdicts[process]?.level = .none }
        let quiet = state.metricFamilies(leakingProcesses: 50)
        #expect(quiet.values("sonde_leak_exhaustion_seconds", by: "groupname").isEmpty)
        #expect(quiet.values("sonde_leak_process_level", by: "pid").isEmpty)
    }

    @Test func `Processes are named on request, the worst first, and never many`() {
        #expect(SampleStates.large.metricFamilies().values("sonde_leak_process_level", by: "pid").isEmpty)
        let asked = SampleStates.rich.metricFamilies(leakingProcesses: 1)
        #expect(asked.values("sonde_leak_process_level", by: "pid") == ["304": 3])
        let many = SampleStates.large.metricFamilies(leakingProcesses: .max)
        #expect(
            many.values("sonde_leak_process_level", by: "pid").count == AgentState.maximumLeakingProcesses)
        #expect(SampleStates.large.metricFamilies(leakingProcesses: -1).count == many.count)
    }

    @Test func `What is left out has a short name, however its reason reads`() {
        let families = SampleStates.rich.metricFamilies()
        #expect(families.values("sonde_degraded", by: "feature") == ["connections": 1, "interval": 1])
    }

    @Test func `A group of which a process can't be read has no sums`() throws {
        var state = SampleStates.rich
        let index = try #require(state.snapshot.groups.firstIndex { $0.name == "workers" })
        for sum in [\GroupMeasurement.threads, \.resident, \.anonymous, \.virtual, \.swap, \.openDescriptors] {
            state.snapshot.groups[index][keyPath: sum] = .notRead
        }
        state.snapshot.groups[index].highestLimitShare = .notRead
        state.snapshot.groups[index].unreadable = ["process": 1]
        let families = state.metricFamilies()
        func value(_ name: String) -> Double? { families.values("sonde_group_\(name)", by: "groupname")["workers"] }
        for name in ["threads", "resident_memory_bytes", "anonymous_memory_bytes", "memory_limit_ratio"] {
            #expect(value(name) == nil, "\(name)")
        }
        #expect(value("virtual_memory_bytes") == nil && value("swap_memory_bytes") == nil)
        #expect(value("processes") == 8 && value("unreadable_processes") == 1 && value("written_bytes") != nil)
    }

    @Test func `A pool of which not all is known has a maximum and no use`() {
        var state = SampleStates.rich
        for index in state.pools.indices { state.pools[index].isComplete = state.pools[index].name == "cache" }
        let families = state.metricFamilies()
        #expect(families.values("sonde_pool_used_connections", by: "pool") == ["cache": 0])
        #expect(families.values("sonde_pool_max_connections", by: "pool") == ["orders": 20, "cache": 50])
    }

    @Test func `What the agent can't read of itself has no series, and sets no counter back`() {
        var state = SampleStates.rich
        state.health.cpuSeconds = nil
        state.health.residentBytes = nil
        state.health.virtualBytes = nil
        state.health.openDescriptors = nil
        let families = state.metricFamilies()
        for name in ["cpu_seconds", "resident_memory_bytes", "virtual_memory_bytes", "open_fds"] {
            #expect(families.first { $0.name == "process_\(name)" }?.samples == [], "\(name)")
        }
    }

    @Test func `A cgroup whose use can't be read has a limit and no use`() {
        let families = SampleStates.rich.metricFamilies()
        #expect(families.values("sonde_cgroup_memory_limit_bytes", by: "cgroup").count == 3)
        let use = families.values("sonde_cgroup_memory_unreclaimable_bytes", by: "cgroup")
        #expect(use["/kubepods/pod1/app"] == 1_503_238_553 && use.count == 2)
    }

    @Test func `What is counted together, or left out, is counted`() {
        let families = SampleStates.rich.metricFamilies()
        #expect(families.first { $0.name == "sonde_merged_processes" }?.samples.map(\.value) == [.number(7)])
        #expect(families.first { $0.name == "sonde_cgroups_dropped" }?.samples.map(\.value) == [.number(12)])
    }

    @Test func `A limit is a number of descriptors`() throws {
        var state = SampleStates.rich
        state.health.descriptorLimit = 20_000
        let family = try #require(state.metricFamilies().first { $0.name == "process_max_fds" })
        #expect(family.samples.map(\.value) == [.number(20_000)])
    }

    @Test func `Every combination of severity and type of alerts has a count`() throws {
        let samples = try #require(SampleStates.rich.metricFamilies().first { $0.name == "sonde_alerts_active" })
            .samples
        #expect(samples.count == 16)
        #expect(samples.filter { $0.value != .number(0) }.count == 3)
    }

    @Test func `A thousand groups are written in one go`() {
        let bytes = MetricsExposition.bytes(of: SampleStates.large.metricFamilies(), in: .text)
        let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { $0.first != UInt8(ascii: "#") }
        #expect(lines.filter { $0.starts(with: "sonde_group_".utf8) }.count >= 15_000)
        #expect(Set(lines.map { $0.prefix { $0 != UInt8(ascii: " ") } }).count == lines.count)
    }
}

extension [MetricFamily] {
    /// The values of a family by one of its labels.
    fileprivate func values(_ name: String, by label: String) -> [String: Double] {
        var values: [String: Double] = [:]
        for sample in first(where: { $0.name == name })?.samples ?? [] {
            if case .number(let value) = sample.value, let key = sample.labels.first(where: { $0.name == label }) {
                values[key.value] = value
            }
        }
        return values
    }
}

extension MetricFamily {
    fileprivate func names(_ value: String) -> Bool {
        samples.contains { $0.labels.contains { $0.value == value } }
    }
}
