import MemoryTrends
package import ProcFS
import ProfileModel
import SystemSupport

/// Measures all processes of the host, again and again.
///
/// A process's use until the first collection counts for no group: groups count what happens while they are watched. What
/// children used that no collection found, because they began and ended between two, counts for the group of the process
/// that waited for them; so does what others used after the last collection that found them.
package struct HostCollector: ~Copyable {
    /// What is not measured for now; the caller's to set, by what collections cost.
    package var degradation: Degradation = []
    private var settings: HostWatchSettings
    private var context = CollectionContext()
    private var host: HostReader
    private var scan: ProcessScan
    private var groups: GroupAccounting
    private var slow = SlowReader()
    private var connections: ConnectionReader
    private var compositions: CompositionTurns
    private var cgroups = CgroupReader()
    private var limits: MemoryLimits

    /// `userName` finds a user's name, and may take any time; `nil` asks the system's databases.
    package init(
        procfs: ProcFS = ProcFS(), cgroups: CgroupFS = CgroupFS(), devices: BlockDevices = BlockDevices(),
        interfaces: NetworkInterfaces = NetworkInterfaces(), settings: HostWatchSettings = HostWatchSettings(),
        userName: (@Sendable (UInt32) -> String?)? = nil
    ) throws(HostWatchError) {
        let groups: GroupAccounting
        let scan: ProcessScan
        do throws(GroupRuleError) {
            groups = try GroupAccounting(
                settings, users: UserNames(userName), commandLines: CommandLineReader(procfs))
        } catch {
            throw .rules(error)
        }
        do throws(ProcFSError) {
            scan = try ProcessScan(of: procfs)
        } catch {
            throw .host(error)
        }
        self.settings = settings
        self.groups = groups
        self.scan = scan
        connections = ConnectionReader(procfs)
        compositions = CompositionTurns(CompositionReader(procfs))
        limits = MemoryLimits(cgroups)
        host = HostReader(devices: devices, interfaces: interfaces)
    }

    /// Takes new settings, or leaves the old ones in force when a rule can't be used.
    ///
    /// Where groups are formed otherwise, all processes find theirs anew at the next collection; totals go on.
    package mutating func apply(_ new: HostWatchSettings) throws(GroupRuleError) {
        try groups.apply(new, isOther: !new.groupsProcesses(as: settings), scan)
        // What was counted before may lack a new pool's endpoint.
        if new.pools != settings.pools { connections.invalidate() }
        settings = new
    }

    /// Measures the host and all processes once; throws when the host itself can't be measured.
    package mutating func collect(at time: WatchTime) throws(ProcFSError) -> HostSnapshot {
        let began = (cpu: SystemClock.threadCPU.seconds, wall: SystemClock.monotonic.seconds)
        let measured = try host.read(from: scan.table)
        context.begin(at: time, measured.memory)
        groups.renewNames(scan, context)
        let changes = try scan.scan(context, settings)
        groups.settle(changes.ended, scan)
        groups.assign(changes.unsettled, &scan, context)
        groups.countUse(scan)
        let moved = slow.read(scan, context, settings, degradation: degradation, limits: &limits)
        groups.classify(moved, scan, context)
        readConnections()
        compositions.update(scan, context, settings, degradation: degradation)
        let processes = groups.measure(scan, context)
        cgroups.read(scan, context, interval: settings.statusInterval, limits: &limits, label: groups.label)
        return HostSnapshot(
            time: time, host: measured, processes: processes, groups: groups.measurements,
            cgroups: cgroups.listed, droppedCgroups: cgroups.dropped, droppedProcesses: scan.droppedCount,
            mergedProcesses: groups.mergedProcesses, hasAllConnections: connections.hasAll,
            unread: scan.unread.sorted().map(ProcessID.init(rawValue:)),
            cost: CollectionCost(
                cpuSeconds: SystemClock.threadCPU.seconds - began.cpu,
                wallSeconds: SystemClock.monotonic.seconds - began.wall,
                vanished: scan.vanished, hidden: scan.hidden, quarantined: groups.quarantinedCount,
                degraded: degradation.names))
    }

    private mutating func readConnections() {
        guard !degradation.contains(.connections) else {
            connections.invalidate()
            return groups.clearConnections()
        }
        guard let counts = connections.read(scan, context, settings) else { return }
        groups.set(counts)
    }
}

/// Why the host can't be watched.
package enum HostWatchError: Error, Equatable, Sendable {
    case rules(GroupRuleError)
    case host(ProcFSError)
}

extension HostWatchError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .rules(let error): "\(error)"
        case .host(let error): "the host can't be measured: \(error); is /proc mounted?"
        }
    }
}
