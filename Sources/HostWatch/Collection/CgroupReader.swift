import ProcFS
import ProfileModel

/// Lists the cgroups with limits when it is time, as they are now: what was read for a process in them is as old as that
/// process's turn.
struct CgroupReader {
    /// More cgroups with limits than this are counted only.
    private static let mostCgroups = 1000
    /// By how much of its limit another has to be fuller to take the place of one that was listed before, so that those at
    /// the end don't come and go.
    private static let hysteresis = 0.1

    /// The fullest first, as of the last turn.
    private(set) var listed: [CgroupMemory] = []
    /// Those with a limit that are not among them.
    private(set) var dropped = 0
    private var turn = Turn()

    /// `label` gives the label of a group by its number.
    mutating func read(
        _ scan: borrowing ProcessScan, _ context: CollectionContext, interval: Double, limits: inout MemoryLimits,
        label: (Int) -> String
    ) {
        guard turn.isDue(at: context.now, interval: interval, of: 0) else { return }
        turn.take(at: context.now)
        let found = Self.limitedCgroups(scan, context, &limits).map { Self.memory(of: $0.key, $0.value, label) }
        let kept = nearestToLimits(found)
        dropped = found.count - kept.count
        listed = kept.sorted { ($1.unreclaimableShare ?? 0, $0.path) < ($0.unreclaimableShare ?? 0, $1.path) }
    }

    private static func limitedCgroups(
        _ scan: borrowing ProcessScan, _ context: CollectionContext, _ limits: inout MemoryLimits
    ) -> [LimitedCgroup: CgroupMembers] {
        var members: [ProcessCgroup.Places: CgroupMembers] = [:]
        for process in scan.grouped where process.slow.limit.source == .cgroup {
            guard let group = process.group else { continue }
            members[process.cgroup.places, default: CgroupMembers()].add(process, of: group)
        }
        var limited: [LimitedCgroup: CgroupMembers] = [:]
        for (places, members) in members {
            for cgroup in limits.limited(of: places, below: context.hostMemory, at: context.now) {
                limited[cgroup, default: CgroupMembers()].add(members)
            }
        }
        return limited
    }

    private func nearestToLimits(_ found: [CgroupMemory]) -> [CgroupMemory] {
        guard found.count > Self.mostCgroups else { return found }
        let before = Set(listed.map(\.path))
        let ranked = found.map { cgroup in
            // How full it is may be unknown for a while.
            let share = cgroup.unreclaimableShare ?? (before.contains(cgroup.path) ? 1 : 0)
            return (cgroup: cgroup, rank: before.contains(cgroup.path) ? share + Self.hysteresis : share)
        }
        return ranked.sorted { ($1.rank, $0.cgroup.path) < ($0.rank, $1.cgroup.path) }
            .prefix(Self.mostCgroups).map(\.cgroup)
    }

    private static func memory(
        of cgroup: LimitedCgroup, _ members: CgroupMembers, _ label: (Int) -> String
    ) -> CgroupMemory {
        let names = members.groups.map { (name: label($0.key), count: $0.value) }
        let most = names.min { ($1.count, $0.name) < ($0.count, $1.name) }
        return CgroupMemory(
            path: cgroup.path, limit: cgroup.limit, use: cgroup.use, group: most?.name ?? "",
            processes: members.count, largest: members.largest)
    }
}

/// The watched processes that live in a cgroup or below it.
struct CgroupMembers {
    /// How many, by group.
    private(set) var groups: [Int: Int] = [:]
    private(set) var largest: CgroupMemory.Member?

    var count: Int { groups.values.reduce(0, +) }

    mutating func add(_ process: WatchedProcess, of group: Int) {
        groups[group, default: 0] += 1
        take(
            CgroupMemory.Member(
                process: process.identity.process, command: process.stat.command, anonymous: process.anonymous))
    }

    mutating func add(_ others: CgroupMembers) {
        groups.merge(others.groups, uniquingKeysWith: +)
        others.largest.map { take($0) }
    }

    /// Of equals the one with the lowest number.
    private mutating func take(_ member: CgroupMemory.Member) {
        guard let largest else { return largest = member }
        let (new, old) = ((member.anonymous, largest.process.rawValue), (largest.anonymous, member.process.rawValue))
        if new > old { self.largest = member }
    }
}
