/// The groups that are known: their names and totals, which outlive their processes.
struct GroupLedger {
    /// Where groups beyond the maximum are counted together.
    static let overflowName = "other"

    private var accounts: [Int: GroupAccount] = [:]
    private var numbers: [String: Int] = [:]
    private var nextNumber = 0
    private var maximum: Int
    private var grace: Double

    init(maximum: Int, grace: Double) {
        self.maximum = maximum
        self.grace = grace
    }

    mutating func apply(maximum: Int, grace: Double) {
        self.maximum = maximum
        self.grace = grace
    }

    /// The place in the group of a name, which is made when there is none.
    mutating func place(named name: String) -> GroupPlace {
        let isOwn = numbers[name] != nil || hasRoom || name == Self.overflowName
        return GroupPlace(group: group(named: isOwn ? name : Self.overflowName), name: name)
    }

    private mutating func group(named name: String) -> Int {
        if let number = numbers[name] { return number }
        nextNumber += 1
        numbers[name] = nextNumber
        accounts[nextNumber] = GroupAccount(name: name)
        return nextNumber
    }

    /// Whether a further group can be told apart.
    private var hasRoom: Bool { numbers.count - (numbers[Self.overflowName] == nil ? 0 : 1) < maximum }

    /// The group of those that could have one of their own by now, as groups were forgotten; `nil` when there is none.
    var overflow: Int? { hasRoom ? numbers[Self.overflowName] : nil }

    func name(of group: Int) -> String { accounts[group]?.name ?? Self.overflowName }

    mutating func add(_ ticks: CPUTicks, to group: Int) { accounts[group]?.cpu += ticks }

    mutating func add(_ disk: DiskTransfer, to group: Int) { accounts[group]?.add(disk) }

    /// The connections of all its processes together, each counted once.
    mutating func set(_ connections: Known<ConnectionCounts>, of group: Int) {
        accounts[group]?.connections = connections
    }

    mutating func countEnd(in group: Int) { accounts[group]?.ended += 1 }

    mutating func beginSums() {
        for group in accounts.keys { accounts[group]?.sum = GroupSum() }
    }

    mutating func add(_ process: ProcessMeasurement, to group: Int) { accounts[group]?.sum.add(process) }

    mutating func countUnread(in group: Int) { accounts[group]?.sum.countUnread() }

    /// Forgets groups of which nothing runs for longer than the grace period.
    mutating func forget(at now: Double) {
        for (number, account) in accounts {
            guard account.sum.isEmpty else {
                accounts[number]?.emptySince = nil
                continue
            }
            let since = account.emptySince ?? now
            accounts[number]?.emptySince = since
            guard now - since >= grace else { continue }
            accounts[number] = nil
            numbers[account.name] = nil
        }
    }

    /// Processes in the group where those beyond the maximum are counted together; 0 while every group is told apart.
    var mergedProcesses: Int {
        guard numbers.count > maximum, let number = numbers[Self.overflowName] else { return 0 }
        return accounts[number]?.sum.processes ?? 0
    }

    /// In ascending order of name.
    func measurements() -> [GroupMeasurement] {
        accounts.values.map { $0.measurement() }.sorted { $0.name < $1.name }
    }
}

/// A group's totals, and the sums over its processes of one look.
struct GroupAccount {
    let name: String
    var cpu = CPUTicks()
    var ended: UInt64 = 0
    var emptySince: Double?
    var sum = GroupSum()
    var connections: Known<ConnectionCounts> = .notRead
    private var disk: DiskTransfer?

    init(name: String) { self.name = name }

    mutating func add(_ growth: DiskTransfer) {
        let before = disk ?? DiskTransfer(read: 0, written: 0)
        disk = DiskTransfer(read: before.read &+ growth.read, written: before.written &+ growth.written)
    }

    private var shownConnections: Known<ConnectionCounts> {
        sum.isEmpty ? .value(ConnectionCounts(byState: [:], byRemote: [:])) : connections
    }

    func measurement() -> GroupMeasurement {
        GroupMeasurement(
            name: name, processes: sum.processes, threads: sum.whole(sum.threads), resident: sum.whole(sum.resident),
            anonymous: sum.whole(sum.anonymous), swap: sum.whole(sum.swap.known), virtual: sum.whole(sum.virtual),
            proportional: sum.whole(sum.proportional.known), highestLimitShare: sum.whole(sum.highestLimitShare),
            cpu: ProcessorTimes(
                user: Clocks.seconds(ofTicks: cpu.user), system: Clocks.seconds(ofTicks: cpu.system)),
            openDescriptors: sum.whole(sum.descriptors.known),
            highestDescriptorShare: sum.whole(sum.highestDescriptorShare.known),
            disk: disk.map(Known.value) ?? sum.whole(sum.disk), connections: shownConnections,
            unreadable: sum.unreadable, ended: ended)
    }
}
