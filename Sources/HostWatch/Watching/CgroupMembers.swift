import ProcFS
import ProfileModel

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
