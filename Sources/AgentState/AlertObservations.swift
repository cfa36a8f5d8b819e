package import Alerting
package import HostWatch
package import MemoryTrends
import ProfileModel
import SystemSupport

/// Turns what was measured into what the alert engine judges.
///
/// What exists but can't be read now is among them as unknown: the engine takes what is missing for ended.
package struct AlertObservations {
    private let snapshot: HostSnapshot
    private let processorUse: ProcessorUse?
    private let verdicts: [ProcessIdentity: LeakVerdict]
    private let pools: [PoolUse]
    private let settings: AlertSettings
    private let watchesLeaks: Bool
    /// - Parameters:
    ///   - processorUse: Since the collection before; `nil` at the first.
    ///   - watchesLeaks: Whether leaks are judged at all.
    package init(
        _ snapshot: HostSnapshot, processorUse: ProcessorUse?, verdicts: [ProcessIdentity: LeakVerdict],
        pools: [PoolUse], settings: AlertSettings, watchesLeaks: Bool = true
    ) {
        self.snapshot = snapshot
        self.processorUse = processorUse
        self.verdicts = verdicts
        self.pools = pools
        self.settings = settings
        self.watchesLeaks = watchesLeaks
    }

    package var all: [AlertObservation] {
        var result = [hostMemory, hostCPU]
        result.reserveCapacity(
            2 + 3 * snapshot.processes.count + snapshot.cgroups.count + snapshot.groups.count + pools.count)
        for process in snapshot.processes {
            let subject = AlertSubject(process)
            result.append(memory(of: process, subject))
            result.append(descriptors(of: process, subject))
        }
        if watchesLeaks { result += leaks }
        result += snapshot.cgroups.map(\.observation)
        result += groupCPU
        result += pools.map(use)
        return result
    }

    private func memory(of process: ProcessMeasurement, _ subject: AlertSubject) -> AlertObservation {
        let memory = process.memory
        guard !memory.isParents, let share = memory.knownLimitShare.value else {
            return AlertObservation(unknown: .processMemory, subject)
        }
        return AlertObservation(.processMemory, subject, .share(share, used: Double(memory.charged))) {
            let whose = memory.limit.source == .cgroup ? "its cgroup's limit" : "the host's memory"
            let what = memory.isPlain ? "anonymous and swapped out" : "of its own in RAM and swap"
            return "\(EvidenceText.name(of: subject)) has \(NumberText.bytes(memory.charged)) \(what), "
                + "\(NumberText.percent(share)) of \(whose) of \(NumberText.bytes(memory.limit.bytes))"
        }
    }

    private func descriptors(of process: ProcessMeasurement, _ subject: AlertSubject) -> AlertObservation {
        guard let use = process.descriptors.value else { return AlertObservation(unknown: .descriptors, subject) }
        // A share of what has no limit is nothing.
        let share = use.limit.map { Double(use.open) / Double(max($0, 1)) } ?? 0
        return AlertObservation(.descriptors, subject, .share(share, used: Double(use.open))) {
            let limit = use.limit.map { "\(NumberText.percent(share)) of its limit of \($0)" } ?? "without a limit"
            return "\(EvidenceText.name(of: subject)) has \(use.open) descriptors open, \(limit)"
        }
    }

    /// One for the processes of a group and user together.
    private var leaks: [AlertObservation] {
        let judged = snapshot.processes.map { process in
            LeakObservation(process, verdicts[process.identity], settings: settings)
        }
        let unread = Set(snapshot.groups.lazy.filter { $0.unreadable["process"] != nil }.map(\.name))
        let services = Dictionary(grouping: judged) { $0.subject.folded() ?? $0.subject }
        return services.map { subject, members in
            LeakObservation.combined(members, of: subject, isComplete: !unread.contains(subject.group ?? ""))
        }
    }

    private var hostMemory: AlertObservation {
        guard let memory = snapshot.host.memory.value, memory.total > 0 else {
            return AlertObservation(unknown: .hostMemory, .host)
        }
        let share = 1 - min(Double(memory.available) / Double(memory.total), 1)
        return AlertObservation(.hostMemory, .host, .value(share)) {
            let swap = memory.swapTotal >= memory.swapFree ? memory.swapTotal - memory.swapFree : 0
            return "\(NumberText.percent(share)) of \(NumberText.bytes(memory.total)) in use, "
                + "\(NumberText.bytes(memory.available)) available, \(NumberText.bytes(swap)) swapped out"
        }
    }

    private var hostCPU: AlertObservation {
        guard let share = processorUse?.host else { return AlertObservation(unknown: .hostCPU, .host) }
        let count = snapshot.host.cpuCount
        return AlertObservation(.hostCPU, .host, .value(share)) {
            "\(NumberText.percent(share)) of the time of \(count) CPUs in use"
        }
    }

    private var groupCPU: [AlertObservation] {
        let count = Double(snapshot.host.cpuCount)
        return snapshot.groups.map { group in
            let subject = AlertSubject(group: group.name, process: nil, command: nil, startTicks: nil)
            guard let busy = processorUse?.groups[group.name], count > 0 else {
                return AlertObservation(unknown: .groupCPU, subject)
            }
            let share = busy / count
            return AlertObservation(.groupCPU, subject, .value(share)) {
                "group \(EvidenceText.plain(group.name)) (\(group.processes) processes) used "
                    + "\(NumberText.percent(share)) of the time of all CPUs"
            }
        }
    }

    private func use(_ pool: PoolUse) -> AlertObservation {
        let subject = AlertSubject(group: pool.name, process: nil, command: nil, startTicks: nil)
        guard pool.maximum > 0, let used = pool.total else { return AlertObservation(unknown: .pool, subject) }
        return AlertObservation(.pool, subject, .value(Double(used) / Double(pool.maximum))) {
            let largest = pool.used.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
            let users = largest.map { "\($0.value) by \(EvidenceText.plain($0.key))" }.joined(separator: ", ")
            return "pool \(EvidenceText.plain(pool.name)): \(used) of \(pool.maximum) connections to "
                + "\(EvidenceText.plain(pool.endpoint)): \(users)"
        }
    }
}

extension AlertSubject {
    init(_ process: ProcessMeasurement) {
        self.init(
            group: process.group, process: process.identity.process.rawValue, command: process.command,
            startTicks: process.identity.startTicks, user: process.user)
    }
}
