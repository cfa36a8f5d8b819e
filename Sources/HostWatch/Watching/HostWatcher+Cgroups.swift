import ProcFS

extension HostWatcher {
    /// Of the cgroups with limits those that are fullest are told.
    private static var mostCgroups: Int { 200 }

    /// Lists the cgroups with limits when it is time, from what `MemoryLimits` has read for the processes in them.
    mutating func readCgroups() {
        guard cgroupTurn.isDue(at: look.time.monotonic, interval: settings.statusInterval, of: 0) else { return }
        cgroupTurn.take(at: look.time.monotonic)
        var members: [ProcessCgroup.Places: [Int: Int]] = [:]
        for number in look.listed {
            guard let process = processes[number], let group = process.group, process.slow.limit.source == .cgroup
            else {
                continue
            }
            members[process.cgroup.places, default: [:]][group, default: 0] += 1
        }
        var limited: [LimitedCgroup: [Int: Int]] = [:]
        for (places, groups) in members {
            for cgroup in limits.limited(of: places, below: look.hostMemory) {
                limited[cgroup, default: [:]].merge(groups, uniquingKeysWith: +)
            }
        }
        var found: [CgroupMemory] = []
        for (cgroup, groups) in limited { found.append(memory(of: cgroup, groups)) }
        found.sort { ($1.limitShare ?? 0, $0.path) < ($0.limitShare ?? 0, $1.path) }
        cgroupMemory = Array(found.prefix(Self.mostCgroups))
    }

    private func memory(of cgroup: LimitedCgroup, _ groups: [Int: Int]) -> CgroupMemory {
        let names = groups.map { (name: ledger.name(of: $0.key), count: $0.value) }
        let most = names.min { ($1.count, $0.name) < ($0.count, $1.name) }
        return CgroupMemory(
            path: cgroup.path, limit: cgroup.limit, use: cgroup.use, group: most?.name ?? "",
            processes: groups.values.reduce(0, +))
    }
}
