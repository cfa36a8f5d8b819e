import MemoryTrends
import ProcFS
import ProfileModel
import SystemSupport

/// Which process is in which group, and what groups have used.
struct GroupAccounting {
    private var classifier: ProcessClassifier
    private var ledger: GroupLedger
    private let users: UserNames
    private let commandLines: CommandLineReader
    private var userTurn = Turn()
    private var buffer: [UInt8] = []

    init(
        _ settings: HostWatchSettings, users: UserNames, commandLines: CommandLineReader
    ) throws(GroupRuleError) {
        classifier = try ProcessClassifier(settings, users: users, commandLines: commandLines)
        ledger = GroupLedger(
            maximum: settings.maximumGroups, grace: settings.groupGrace, reserved: classifier.fixedNames)
        self.users = users
        self.commandLines = commandLines
    }

    /// `isOther`: the settings form other groups, so that all processes find theirs anew.
    mutating func apply(
        _ settings: HostWatchSettings, isOther: Bool, _ scan: borrowing ProcessScan
    ) throws(GroupRuleError) {
        if isOther {
            classifier = try ProcessClassifier(settings, users: users, commandLines: commandLines)
            for process in scan.processes.values { process.needsGroup = true }
        }
        ledger.apply(maximum: settings.maximumGroups, grace: settings.groupGrace, reserved: classifier.fixedNames)
    }

    var label: (Int) -> String { ledger.label }

    var measurements: [GroupMeasurement] { ledger.measurements }

    var mergedProcesses: Int { ledger.mergedProcesses }

    var quarantinedCount: Int { commandLines.quarantinedCount }

    mutating func set(_ connections: [Int: Known<ConnectionCounts>]) {
        for (group, counts) in connections { ledger.set(counts, of: group) }
    }

    mutating func clearConnections() { ledger.clearConnections() }

    /// Has the groups found anew of processes whose user's name or command line has arrived late, and asks again for names that
    /// were not found.
    mutating func renewNames(_ scan: borrowing ProcessScan, _ context: CollectionContext) {
        for identity in commandLines.takeArrived() {
            guard let process = scan.processes[identity.process.rawValue], process.identity == identity else {
                continue
            }
            process.needsGroup = true
        }
        commandLines.evict { identity in scan.processes[identity.process.rawValue]?.identity == identity }
        guard classifier.needsUserNames else { return }
        if userTurn.isDue(at: context.now, interval: UserNames.retryInterval, of: 0) {
            userTurn.take(at: context.now)
            users.askAgain(among: Set(scan.processes.values.lazy.filter { !$0.isKernelThread }.map(\.user)))
        }
        let named = users.takeNamed()
        guard !named.isEmpty else { return }
        for process in scan.processes.values where named.contains(process.user) { process.needsGroup = true }
    }

    /// Groups keep what processes used that are no more, which their parents may take in.
    mutating func settle(_ ended: [Int32: WatchedProcess], _ scan: borrowing ProcessScan) {
        for process in ended.values where !process.isKernelThread {
            if let group = process.group { ledger.countEnd(in: group) }
            countDisk(of: process)
            for heir in Self.heirs(of: process, ended, scan) {
                heir.usage.expect(process.usage, disk: !heir.slow.ignoresChildren)
            }
        }
    }

    /// Who may have waited for a process: its parent, and when that has ended too, any ancestor of it.
    private static func heirs(
        of process: WatchedProcess, _ ended: [Int32: WatchedProcess], _ scan: borrowing ProcessScan
    ) -> [WatchedProcess] {
        var heirs: [WatchedProcess] = []
        var next = process.stat.parent?.rawValue
        // A chain of recycled numbers could go in circles.
        for _ in 0..<64 {
            guard let number = next else { return heirs }
            guard let living = scan.processes[number] else {
                next = ended[number].map { $0.stat.parent?.rawValue } ?? (number == 1 ? nil : 1)
                continue
            }
            if !heirs.contains(where: { $0 === living }) { heirs.append(living) }
            let isParent = number == process.stat.parent?.rawValue
            if isParent { return heirs }
            next = living.stat.parent?.rawValue
        }
        return heirs
    }

    /// Finds the groups of new processes, parents before their children, and of those that run another program.
    mutating func assign(_ unsettled: [WatchedProcess], _ scan: inout ProcessScan, _ context: CollectionContext) {
        moveFromMerged(scan)
        let ordered = unsettled.sorted {
            ($0.identity.startTicks, $0.number) < ($1.identity.startTicks, $1.number)
        }
        for process in ordered {
            do throws(ProcFSError) {
                try assign(process, scan, context)
            } catch {
                // Its use arrives with its parent's.
                if process.firstCollection == context.number { scan.discard(process, error, context) }
            }
        }
    }

    private mutating func assign(
        _ process: WatchedProcess, _ scan: borrowing ProcessScan, _ context: CollectionContext
    ) throws(ProcFSError) {
        let directory = try scan.table.directory(of: process.identity.process)
        guard try directory.stat(using: &buffer).startTicks == process.identity.startTicks else {
            throw .vanished(file: "stat")
        }
        process.sockets.round = nil
        process.user = try directory.effectiveUser()
        if let cgroup = try? directory.cgroup(using: &buffer) { process.cgroup = ProcessCgroup(cgroup) }
        if process.isHeadless {
            classify(process, try scan.directory(of: process), scan, context)
        } else {
            classify(process, directory, scan, context)
        }
    }

    /// Finds the groups of processes anew that are in another cgroup.
    mutating func classify(
        _ moved: [WatchedProcess], _ scan: borrowing ProcessScan, _ context: CollectionContext
    ) {
        for process in moved {
            guard let directory = try? scan.directory(of: process) else { continue }
            classify(process, directory, scan, context)
        }
    }

    private mutating func classify(
        _ process: WatchedProcess, _ directory: borrowing ProcessDirectory, _ scan: borrowing ProcessScan,
        _ context: CollectionContext
    ) {
        let parent = process.stat.parent.flatMap { scan.processes[$0.rawValue] }
        classifier.classify(process, parent: parent, in: directory, at: context.now, ledger: &ledger)
    }

    /// Gives processes of the merged group groups of their own, where others were evicted.
    private mutating func moveFromMerged(_ scan: borrowing ProcessScan) {
        guard let overflow = ledger.overflow else { return }
        for process in scan.grouped {
            guard let place = process.membership.place, place.group == overflow, place.key != .merged else { continue }
            process.membership = process.membership.moved(to: ledger.place(in: place.key))
        }
    }

    /// Adds to the groups what their processes used since the last collection.
    mutating func countUse(_ scan: borrowing ProcessScan) {
        for number in scan.listed {
            guard let process = scan.processes[number], !process.isKernelThread, !scan.unread.contains(number) else {
                continue
            }
            let ticks = process.usage.growth(to: process.stat)
            if let group = process.group { ledger.add(ticks, to: group) }
            countDisk(of: process)
        }
    }

    /// Counts what was read of the disk in an earlier collection, now that those are known that ended until then.
    private mutating func countDisk(of process: WatchedProcess) {
        guard let disk = process.slow.uncountedDisk else { return }
        process.slow.uncountedDisk = nil
        let growth = process.usage.growth(to: disk)
        if let group = process.group { ledger.add(growth, to: group) }
    }

    /// Measures the processes, in ascending order of number, and sums them up by group.
    mutating func measure(_ scan: borrowing ProcessScan, _ context: CollectionContext) -> [ProcessMeasurement] {
        var measured: [ProcessMeasurement] = []
        ledger.beginSums()
        for process in scan.grouped {
            guard let group = process.group else { continue }
            guard !scan.unread.contains(process.number) else {
                ledger.countUnread(in: group)
                continue
            }
            let measurement = process.measurement(group: ledger.label(of: group), hostRoom: context.hostRoom)
            ledger.add(measurement, to: group)
            measured.append(measurement)
        }
        ledger.evict(at: context.now)
        return measured
    }
}

extension WatchedProcess {
    fileprivate func measurement(group: String, hostRoom: UInt64?) -> ProcessMeasurement {
        ProcessMeasurement(
            identity: identity, group: group, command: stat.command, user: user, startedAt: startedAt,
            memory: ProcessMemory(
                resident: resident, anonymous: anonymous, swap: slow.swap, virtual: virtual,
                proportional: slow.proportional, pageTables: slow.pageTables, composition: slow.composition.known,
                memoryFiles: slow.composition.ownFiles, isParents: sharesParentsMemory, limit: slow.limit,
                room: MemoryRoom(host: hostRoom, cgroups: slow.cgroupRoom)),
            cpu: ProcessorTimes(
                user: Clocks.seconds(ofTicks: stat.userTicks), system: Clocks.seconds(ofTicks: stat.systemTicks)),
            threads: stat.threadCount, descriptors: slow.descriptors, disk: slow.disk, connections: slow.connections)
    }
}
