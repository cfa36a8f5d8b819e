import SystemSupport

/// The groups that are known: their labels and totals, which outlive their processes.
struct GroupLedger {
    private var accounts: [Int: GroupAccount] = [:]
    private var numbers: [GroupKey: Int] = [:]
    private var labels: Set<String> = []
    private var nextNumber = 0
    private var maximum: Int
    private var grace: Double
    private var reserved: Set<String>

    /// `reserved` are the labels that only rules of these names have.
    init(maximum: Int, grace: Double, reserved: Set<String>) {
        self.maximum = maximum
        self.grace = grace
        self.reserved = reserved
    }

    mutating func apply(maximum: Int, grace: Double, reserved: Set<String>) {
        self.maximum = maximum
        self.grace = grace
        guard reserved != self.reserved else { return }
        self.reserved = reserved
        relabel()
    }

    /// The place in a group, which is made when there is none.
    mutating func place(in key: GroupKey) -> GroupPlace {
        let isOwn = numbers[key] != nil || hasRoom
        return GroupPlace(group: group(isOwn ? key : .merged), key: key)
    }

    private mutating func group(_ key: GroupKey) -> Int {
        if let number = numbers[key] { return number }
        nextNumber += 1
        numbers[key] = nextNumber
        accounts[nextNumber] = GroupAccount(key: key, label: newLabel(for: key))
        return nextNumber
    }

    /// No other group has it.
    private mutating func newLabel(for key: GroupKey) -> String {
        let label = key.label(reserved: reserved)
        if labels.insert(label).inserted { return label }
        labels.insert(key.qualified)
        return key.qualified
    }

    /// Rules come first, whose labels are their names.
    private mutating func relabel() {
        labels.removeAll()
        for (key, number) in numbers.sorted(by: {
            ($0.key.kind == .rule ? 0 : 1, $0.value) < ($1.key.kind == .rule ? 0 : 1, $1.value)
        }) {
            let label = newLabel(for: key)
            accounts[number]?.label = label
        }
    }

    /// Whether a further group can be counted by itself.
    private var hasRoom: Bool { numbers.count - (numbers[.merged] == nil ? 0 : 1) < maximum }

    /// The group of those that could have one of their own by now, as groups were evicted; `nil` when there is none.
    var overflow: Int? { hasRoom ? numbers[.merged] : nil }

    func label(of group: Int) -> String { accounts[group]?.label ?? GroupKey.merged.name }

    mutating func add(_ ticks: CPUTicks, to group: Int) { accounts[group]?.cpu += ticks }

    mutating func add(_ disk: DiskTransfer, to group: Int) { accounts[group]?.add(disk) }

    /// The connections of all its processes together, each counted once.
    mutating func set(_ connections: Known<ConnectionCounts>, of group: Int) {
        accounts[group]?.connections = connections
    }

    mutating func clearConnections() {
        for group in accounts.keys { accounts[group]?.connections = .notRead }
    }

    mutating func countEnd(in group: Int) { accounts[group]?.ended += 1 }

    mutating func beginSums() {
        for group in accounts.keys { accounts[group]?.sum = GroupSum() }
    }

    mutating func add(_ process: ProcessMeasurement, to group: Int) { accounts[group]?.sum.add(process) }

    mutating func countUnread(in group: Int) { accounts[group]?.sum.countUnread() }

    /// Evicts groups of which nothing runs for longer than the grace period.
    mutating func evict(at now: Double) {
        for (number, account) in accounts {
            guard account.sum.isEmpty else {
                accounts[number]?.emptySince = nil
                continue
            }
            let since = account.emptySince ?? now
            accounts[number]?.emptySince = since
            guard now - since >= grace else { continue }
            accounts[number] = nil
            numbers[account.key] = nil
            labels.remove(account.label)
        }
    }

    /// Processes in the group where those beyond the maximum are counted together; 0 while every group has its own.
    var mergedProcesses: Int {
        guard numbers.count > maximum, let number = numbers[.merged] else { return 0 }
        return accounts[number]?.sum.processes ?? 0
    }

    /// In ascending order of label.
    var measurements: [GroupMeasurement] {
        accounts.values.map { $0.measurement() }.sorted { $0.name < $1.name }
    }
}

/// A group's totals, and the sums over its processes of one collection.
struct GroupAccount {
    let key: GroupKey
    var label: String
    var cpu = CPUTicks()
    var ended: UInt64 = 0
    var emptySince: Double?
    var sum = GroupSum()
    var connections: Known<ConnectionCounts> = .notRead
    private var disk: DiskTransfer?

    init(key: GroupKey, label: String) {
        self.key = key
        self.label = label
    }

    mutating func add(_ growth: DiskTransfer) {
        let before = disk ?? DiskTransfer(read: 0, written: 0)
        disk = DiskTransfer(read: before.read &+ growth.read, written: before.written &+ growth.written)
    }

    private var shownConnections: Known<ConnectionCounts> {
        sum.isEmpty ? .value(ConnectionCounts(byState: [:], byRemote: [:])) : connections
    }

    func measurement() -> GroupMeasurement {
        GroupMeasurement(
            kind: key.kind, name: label, processes: sum.processes, threads: sum.whole(sum.threads),
            resident: sum.whole(sum.resident), anonymous: sum.whole(sum.anonymous), swap: sum.whole(sum.swap.known),
            virtual: sum.whole(sum.virtual), proportional: sum.whole(sum.proportional.known),
            highestLimitShare: sum.whole(sum.highestLimitShare),
            cpu: ProcessorTimes(
                user: Clocks.seconds(ofTicks: cpu.user), system: Clocks.seconds(ofTicks: cpu.system)),
            openDescriptors: sum.whole(sum.descriptors.known),
            highestDescriptorShare: sum.whole(sum.highestDescriptorShare.known),
            disk: disk.map(Known.value) ?? sum.whole(sum.disk), connections: shownConnections,
            unreadable: sum.unreadable, ended: ended)
    }
}
