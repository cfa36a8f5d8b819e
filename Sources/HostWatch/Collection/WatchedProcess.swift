import ProcFS
import ProfileModel

/// What is known of a process between collections.
final class WatchedProcess {
    let identity: ProcessIdentity
    let isKernelThread: Bool
    let startedAt: Double
    /// The numbers of the collections that found it first and last.
    let firstCollection: UInt64
    var lastCollection: UInt64
    var stat: ProcStat
    var membership: Membership = .unclassified
    /// Whether its group is to be found anew, while it stays where it is.
    var needsGroup = false
    /// The resident bytes from which on a rule takes it that passed it over.
    var growsInto: UInt64?
    var usage: CountedUsage
    var slow = SlowReadings()
    var sockets = ProcessSockets()

    /// Whether it has its parent's memory, as until it executes a program after vfork(2).
    var sharesParentsMemory = false
    /// Whether that is to be asked again.
    var mayShareParentsMemory = true
    var resident: UInt64 = 0
    var anonymous: UInt64 = 0
    var virtual: UInt64 = 0
    var user: UInt32 = 0
    var cgroup = ProcessCgroup()

    init(_ stat: ProcStat, collection: UInt64, startedAt: Double, isOld: Bool) {
        identity = ProcessIdentity(process: ProcessID(rawValue: stat.id), startTicks: stat.startTicks)
        isKernelThread = stat.flags.contains(.kernelThread)
        self.startedAt = startedAt
        firstCollection = collection
        lastCollection = collection
        self.stat = stat
        usage = CountedUsage(stat, isOld: isOld)
    }

    var number: Int32 { identity.process.rawValue }

    /// Whether its first thread has ended by pthread_exit(3): only directories of other threads show its memory then.
    var isHeadless: Bool { stat.state == .zombie && stat.threadCount > 1 }

    var group: Int? { membership.place?.group }

    /// Whether it runs another program than in the last collection, or is still becoming one.
    ///
    /// The start of the stack is random; where it isn't shown, the name tells. A name that changes right after the first
    /// collection is that of a child on its way to its own program.
    func hasExecuted(since old: ProcStat, _ collection: UInt64) -> Bool {
        if old.flags.contains(.notExecuted), !stat.flags.contains(.notExecuted) { return true }
        if let before = old.stackStart, let now = stat.stackStart, before != now { return true }
        guard old.command != stat.command else { return false }
        return stat.stackStart == nil || collection == firstCollection + 1
    }

    /// Whether pages may have come or gone since.
    func mayHaveChangedMemory(since old: ProcStat) -> Bool {
        old.residentPages != stat.residentPages || old.minorFaults != stat.minorFaults
            || old.majorFaults != stat.majorFaults
    }
}

/// Where a process stands among the cgroups.
struct ProcessCgroup {
    /// As the kernel has it; `nil` before it was read.
    let read: ProcCgroup?
    let name: CgroupName

    init() {
        read = nil
        name = CgroupName(path: "/")
    }

    init(_ cgroup: ProcCgroup) {
        read = cgroup
        name = CgroupName(path: cgroup.path)
    }

    struct Places: Hashable {
        let unified: String?
        let memory: String?
    }

    var places: Places { Places(unified: read?.unified, memory: read?.memory) }
}

/// Why a process is in its group.
enum Membership: Equatable {
    case unclassified
    /// Excluded, or not watched because no rule takes it.
    case unwatched
    /// `rule` is the rule's name as it is written, with its templates.
    case byRule(GroupPlace, rule: String)
    /// The rule took one of its ancestors.
    case inherited(GroupPlace, rule: String)
    case byDefault(GroupPlace)

    var place: GroupPlace? {
        switch self {
        case .byRule(let place, _), .inherited(let place, _), .byDefault(let place): place
        case .unclassified, .unwatched: nil
        }
    }

    /// The same in another group.
    func moved(to place: GroupPlace) -> Membership {
        switch self {
        case .byRule(_, let rule): .byRule(place, rule: rule)
        case .inherited(_, let rule): .inherited(place, rule: rule)
        case .byDefault: .byDefault(place)
        case .unclassified, .unwatched: self
        }
    }
}

/// The group that a process is counted in.
struct GroupPlace: Equatable {
    let group: Int
    /// The group that it belongs to: another than that of `group` where there are too many groups.
    let key: GroupKey
}
