import ProcFS
import ProfileModel

/// What is known of a process between looks.
final class WatchedProcess {
    let identity: ProcessIdentity
    let isKernelThread: Bool
    let startedAt: Double
    /// The look in which it was first seen, and the last one.
    let firstLook: UInt64
    var lastLook: UInt64
    var stat: ProcStat
    var membership: Membership = .unclassified
    /// Whether its group is to be found anew, while it stays where it is.
    var needsGroup = false
    /// The resident bytes from which on a rule takes it that passed it over.
    var growsInto: UInt64?
    var usage: CountedUsage
    var slow = SlowReadings()
    var sockets = ProcessSockets()

    var resident: UInt64 = 0
    var anonymous: UInt64 = 0
    var virtual: UInt64 = 0
    var user: UInt32 = 0
    var cgroup = ProcessCgroup(read: nil, name: CgroupName(path: "/"))

    init(_ stat: ProcStat, look: UInt64, startedAt: Double, isOld: Bool) {
        identity = ProcessIdentity(process: ProcessID(rawValue: stat.id), startTicks: stat.startTicks)
        isKernelThread = stat.flags.contains(.kernelThread)
        self.startedAt = startedAt
        firstLook = look
        lastLook = look
        self.stat = stat
        usage = CountedUsage(stat, isOld: isOld)
    }

    var number: Int32 { identity.process.rawValue }

    /// Whether its first thread has ended by pthread_exit(3): only directories of other threads show its memory then.
    var isHeadless: Bool { stat.state == .zombie && stat.threadCount > 1 }

    var group: Int? { membership.place?.group }

    /// Whether it runs another program than when it was seen last, or is still becoming one.
    ///
    /// The start of the stack is random; where it isn't shown, the name tells. A name that changes right after the first
    /// look is that of a child on its way to its own program.
    func hasExecuted(since old: ProcStat, _ look: UInt64) -> Bool {
        if old.flags.contains(.notExecuted), !stat.flags.contains(.notExecuted) { return true }
        if let before = old.stackStart, let now = stat.stackStart, before != now { return true }
        guard old.command != stat.command else { return false }
        return stat.stackStart == nil || look == firstLook + 1
    }

    /// Whether pages may have come or gone since.
    func mayHaveChangedMemory(since old: ProcStat) -> Bool {
        old.residentPages != stat.residentPages || old.minorFaults != stat.minorFaults
            || old.majorFaults != stat.majorFaults
    }
}

/// Where a process stands among the cgroups.
struct ProcessCgroup {
    /// As the kernel says it; `nil` before it was read.
    let read: ProcCgroup?
    let name: CgroupName

    struct Places: Hashable {
        let unified: String?
        let memory: String?
    }

    var places: Places { Places(unified: read?.unified, memory: read?.memory) }
}

/// What has been counted of a process for its group, in clock ticks and bytes.
struct CountedUsage {
    private var userTicks: UInt64
    private var systemTicks: UInt64
    private var childUser: ReapedTotal
    private var childSystem: ReapedTotal
    private var readBytes = ReapedTotal(counted: 0)
    private var writtenBytes = ReapedTotal(counted: 0)
    /// Whether the first reading of the disk only says where counting begins.
    private var needsDiskStart: Bool

    /// `isOld`: it ran before it was watched, and what it used until now counts for nobody.
    init(_ stat: ProcStat, isOld: Bool) {
        needsDiskStart = isOld
        userTicks = isOld ? stat.userTicks : 0
        systemTicks = isOld ? stat.systemTicks : 0
        childUser = ReapedTotal(counted: isOld ? stat.childUserTicks : 0)
        childSystem = ReapedTotal(counted: isOld ? stat.childSystemTicks : 0)
    }

    /// What it used since the last count, and with it what its children used that nobody saw.
    mutating func growth(to stat: ProcStat) -> CPUTicks {
        let user = Self.growth(&userTicks, to: stat.userTicks) + childUser.growth(to: stat.childUserTicks)
        let system = Self.growth(&systemTicks, to: stat.systemTicks) + childSystem.growth(to: stat.childSystemTicks)
        return CPUTicks(user: user, system: system)
    }

    mutating func growth(to disk: DiskTransfer) -> DiskTransfer {
        guard !needsDiskStart else {
            needsDiskStart = false
            readBytes = ReapedTotal(counted: disk.read)
            writtenBytes = ReapedTotal(counted: disk.written)
            return DiskTransfer(read: 0, written: 0)
        }
        return DiskTransfer(read: readBytes.growth(to: disk.read), written: writtenBytes.growth(to: disk.written))
    }

    /// A child has ended, and what was counted of it may arrive in this process's totals.
    mutating func expect(_ child: CountedUsage, disk: Bool) {
        childUser.expect(child.userTicks &+ child.childUser.passedOn)
        childSystem.expect(child.systemTicks &+ child.childSystem.passedOn)
        guard disk else { return }
        readBytes.expect(child.readBytes.passedOn)
        writtenBytes.expect(child.writtenBytes.passedOn)
    }

    private static func growth(_ counted: inout UInt64, to total: UInt64) -> UInt64 {
        guard total > counted else { return 0 }
        defer { counted = total }
        return total - counted
    }
}

struct CPUTicks: Equatable {
    var user: UInt64 = 0
    var system: UInt64 = 0

    static func += (sum: inout CPUTicks, added: CPUTicks) {
        sum.user &+= added.user
        sum.system &+= added.system
    }
}
