import ProcFS

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

    /// `isOld`: it ran before it was watched, and what it used until now counts for no group.
    init(_ stat: ProcStat, isOld: Bool) {
        needsDiskStart = isOld
        userTicks = isOld ? stat.userTicks : 0
        systemTicks = isOld ? stat.systemTicks : 0
        childUser = ReapedTotal(counted: isOld ? stat.childUserTicks : 0)
        childSystem = ReapedTotal(counted: isOld ? stat.childSystemTicks : 0)
    }

    /// What it used since the last count, and with it what its children used that no collection found.
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

/// A total of a process that also takes in what its children used, when they have ended and been waited for.
///
/// What a watched child used was counted while it lived; it must not be counted again when its parent takes it in. What
/// goes beyond that was used by children that no collection found, and by others after their last one.
struct ReapedTotal {
    private var counted: UInt64
    /// What was counted of children that ended, and may still arrive here: since the last count, and before it.
    private var expected: UInt64 = 0
    private var expectedBefore: UInt64 = 0

    init(counted: UInt64) { self.counted = counted }

    /// A child has ended of which so much was counted; it arrives at the next count or the one after it.
    mutating func expect(_ amount: UInt64) { expected &+= amount }

    /// All that was counted of the process and may still arrive at the process that waits for it.
    var passedOn: UInt64 { counted &+ expected &+ expectedBefore }

    /// Takes the total's new value, and returns what nobody has counted yet.
    mutating func growth(to total: UInt64) -> UInt64 {
        guard total > counted else {
            expire()
            return 0
        }
        var growth = total - counted
        counted = total
        Self.settle(&growth, &expectedBefore)
        Self.settle(&growth, &expected)
        expire()
        return growth
    }

    private mutating func expire() {
        expectedBefore = expected
        expected = 0
    }

    private static func settle(_ growth: inout UInt64, _ expected: inout UInt64) {
        let settled = min(growth, expected)
        growth -= settled
        expected -= settled
    }
}
