import MemoryTrends
package import ProcFS
import ProfileModel

/// Looks at all processes of the host, again and again.
///
/// A process's use until the first look counts for no group: groups count what happens while they are watched. What
/// children used that nobody saw, because they began and ended between two looks, counts for the group of the process
/// that waited for them. So do the last moments of those that were seen.
package struct HostWatcher: ~Copyable {
    /// What is left out now; the caller's to set, by what looks cost.
    package var shedding: Shedding = []
    var settings: HostWatchSettings
    var table: ProcessTable
    var classifier: ProcessClassifier
    var ledger: GroupLedger
    var limits: MemoryLimits
    var connections = ConnectionWatch()
    /// `nil` where the proc file system doesn't show this process.
    let ownNamespace: String?
    var processes: [Int32: WatchedProcess] = [:]
    var look = LookState()
    /// In how many looks on end a process could not be read that is there.
    var misses: [Int32: Int] = [:]
    var buffer: [UInt8] = []
    /// The cgroups with a limit, as of the last turn.
    var cgroupMemory: [CgroupMemory] = []
    /// Those with a limit that are not among them.
    var cgroupsLeftOut = 0
    var cgroupTurn = Turn()
    let users: UserNames
    var userTurn = Turn()
    /// Whether there are processes that `/proc` doesn't show to this user.
    let hidesProcesses: Bool
    private var host: HostReader

    /// `userName` finds a user's name, and may take any time; `nil` asks the system's databases.
    package init(
        procfs: ProcFS = ProcFS(), cgroups: CgroupFS = CgroupFS(), devices: BlockDevices = BlockDevices(),
        interfaces: NetworkInterfaces = NetworkInterfaces(), settings: HostWatchSettings = HostWatchSettings(),
        userName: (@Sendable (UInt32) -> String?)? = nil
    ) throws(HostWatchError) {
        let classifier: ProcessClassifier
        let table: ProcessTable
        let users = UserNames(userName)
        do {
            classifier = try ProcessClassifier(settings, users: users)
        } catch {
            throw .rules(error)
        }
        do {
            table = try ProcessTable(of: procfs)
        } catch {
            throw .host(error)
        }
        self.settings = settings
        self.classifier = classifier
        self.table = table
        self.users = users
        let own = try? procfs.ownProcess().status()
        hidesProcesses = procfs.hidesProcesses && own?.effectiveCapabilities?.contains(.systemPtrace) != true
        ownNamespace = try? procfs.ownProcess().link("ns/net")
        ledger = GroupLedger(maximum: settings.maximumGroups, grace: settings.groupGrace)
        limits = MemoryLimits(cgroups)
        host = HostReader(devices: devices, interfaces: interfaces)
    }

    /// Takes new settings, or leaves the old ones in force when a rule can't be used.
    ///
    /// Where groups are told otherwise, all processes find theirs anew at the next look; totals go on.
    package mutating func apply(_ settings: HostWatchSettings) throws(GroupRuleError) {
        if !settings.groupsProcesses(as: self.settings) {
            classifier = try ProcessClassifier(settings, users: users)
            for process in processes.values { process.needsGroup = true }
        }
        // What was counted before may leave out a new pool's endpoint.
        if settings.pools != self.settings.pools { connections.startOver() }
        self.settings = settings
        ledger.apply(maximum: settings.maximumGroups, grace: settings.groupGrace)
    }

    package mutating func look(at time: WatchTime) throws(ProcFSError) -> HostSnapshot {
        let began = (cpu: Clocks.threadCPU(), wall: Clocks.monotonic())
        look.begin(at: time)
        let measured = try host.read(from: table)
        look.hostMemory = measured.memory.total
        look.hostRoom = measured.memory.available &+ measured.memory.swapFree
        look.usesSwap = measured.memory.swapFree < measured.memory.swapTotal
        renewUserNames()
        try readProcesses()
        settleEnded()
        findGroups()
        countUse()
        readSlowly()
        readConnections()
        let measurements = measurements()
        readCgroups()
        return HostSnapshot(
            time: time, host: measured, processes: measurements, groups: ledger.measurements(),
            cgroups: cgroupMemory, cgroupsLeftOut: cgroupsLeftOut, mergedProcesses: ledger.mergedProcesses,
            hasAllConnections: connections.hasAll,
            unread: look.unread.sorted().map(ProcessID.init(rawValue:)),
            cost: LookCost(
                cpuSeconds: Clocks.threadCPU() - began.cpu, wallSeconds: Clocks.monotonic() - began.wall,
                vanished: look.vanished, hidden: look.hidden, shed: shedding.names))
    }

    private mutating func measurements() -> [ProcessMeasurement] {
        var measurements: [ProcessMeasurement] = []
        measurements.reserveCapacity(processes.count)
        ledger.beginSums()
        for number in look.listed {
            guard let process = processes[number], let group = process.group else { continue }
            guard !look.unread.contains(number) else {
                ledger.countUnread(in: group)
                continue
            }
            let measurement = process.measurement(group: ledger.name(of: group), hostRoom: look.hostRoom)
            ledger.add(measurement, to: group)
            measurements.append(measurement)
        }
        ledger.forget(at: look.time.monotonic)
        return measurements
    }
}

extension WatchedProcess {
    fileprivate func measurement(group: String, hostRoom: UInt64) -> ProcessMeasurement {
        ProcessMeasurement(
            identity: identity, group: group, command: stat.command, user: user, startedAt: startedAt,
            memory: ProcessMemory(
                resident: resident, anonymous: anonymous, swap: slow.swap, virtual: virtual,
                proportional: slow.proportional, limit: slow.limit,
                room: MemoryRoom(host: hostRoom, cgroups: slow.cgroupRoom)),
            cpu: ProcessorTimes(
                user: Clocks.seconds(ofTicks: stat.userTicks), system: Clocks.seconds(ofTicks: stat.systemTicks)),
            threads: stat.threadCount, descriptors: slow.descriptors, disk: slow.disk, connections: slow.connections)
    }
}
