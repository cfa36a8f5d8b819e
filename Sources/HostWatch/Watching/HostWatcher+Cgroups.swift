import ProcFS

extension HostWatcher {
    /// More cgroups with limits than this are counted only.
    private static var mostCgroups: Int { 1000 }
    /// By how much of its limit another has to be fuller to take the place of one that was told before, so that those at
    /// the end don't come and go.
    private static var stay: Double { 0.1 }

    /// Lists the cgroups with limits when it is time, as they are now: what was read for a process in them is as old as
    /// that process's turn.
    mutating func readCgroups() {
        guard cgroupTurn.isDue(at: look.time.monotonic, interval: settings.statusInterval, of: 0) else { return }
        cgroupTurn.take(at: look.time.monotonic)
        let found = limitedCgroups().map { memory(of: $0.key, $0.value) }
        let told = nearestToLimits(found)
        cgroupsLeftOut = found.count - told.count
        cgroupMemory = told.sorted { ($1.unreclaimableShare ?? 0, $0.path) < ($0.unreclaimableShare ?? 0, $1.path) }
    }

    private mutating func limitedCgroups() -> [LimitedCgroup: CgroupMembers] {
        var members: [ProcessCgroup.Places: CgroupMembers] = [:]
        for number in look.listed {
            guard let process = processes[number], let group = process.group, process.slow.limit.source == .cgroup
            else {
                continue
            }
            members[process.cgroup.places, default: CgroupMembers()].add(process, of: group)
        }
        var limited: [LimitedCgroup: CgroupMembers] = [:]
        for (places, members) in members {
            for cgroup in limits.limited(of: places, below: look.hostMemory, at: look.time.monotonic) {
                limited[cgroup, default: CgroupMembers()].add(members)
            }
        }
        return limited
    }

    private func nearestToLimits(_ found: [CgroupMemory]) -> ArraySlice<CgroupMemory> {
        guard found.count > Self.mostCgroups else { return found[...] }
        let before = Set(cgroupMemory.map(\.path))
        let ranked = found.map { cgroup in
            // How full it is may be unknown for a moment.
            let share = cgroup.unreclaimableShare ?? (before.contains(cgroup.path) ? 1 : 0)
            return (cgroup: cgroup, rank: before.contains(cgroup.path) ? share + Self.stay : share)
        }
        return ranked.sorted { ($1.rank, $0.cgroup.path) < ($0.rank, $1.cgroup.path) }
            .prefix(Self.mostCgroups).map(\.cgroup)[...]
    }

    private func memory(of cgroup: LimitedCgroup, _ members: CgroupMembers) -> CgroupMemory {
        let names = members.groups.map { (name: ledger.name(of: $0.key), count: $0.value) }
        let most = names.min { ($1.count, $0.name) < ($0.count, $1.name) }
        return CgroupMemory(
            path: cgroup.path, limit: cgroup.limit, use: cgroup.use, group: most?.name ?? "",
            processes: members.count, largest: members.largest)
    }
}
