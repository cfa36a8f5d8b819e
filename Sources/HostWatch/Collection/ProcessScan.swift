import ProcFS
import ProfileModel
import SystemSupport

/// The processes of the host: which there are, and the `stat` and `statm` of each in every collection.
struct ProcessScan: ~Copyable {
    /// What a scan found to be different.
    struct Changes {
        /// Processes whose group is to be found: new ones, and those that run another program.
        var unsettled: [WatchedProcess] = []
        /// Processes that are no more, by number.
        var ended: [Int32: WatchedProcess] = [:]
        /// Processes whose number belongs to another one by now.
        fileprivate var replaced: [WatchedProcess] = []
    }

    private(set) var table: ProcessTable
    /// Kernel threads too.
    private(set) var processes: [Int32: WatchedProcess] = [:]
    /// The numbers that `/proc` shows, in ascending order.
    private(set) var listed: [Int32] = []
    /// Processes that are there, could not be read, and are not given up.
    private(set) var unread: Set<Int32> = []
    /// Processes that ended while they were read.
    private(set) var vanished = 0
    /// Processes of which nothing could be read.
    private(set) var hidden = 0
    /// In how many collections on end a process could not be read that is there.
    private var misses: [Int32: Int] = [:]
    private var dropped: [Int32: DroppedProcess] = [:]

    init(of procfs: ProcFS) throws(ProcFSError) { table = try ProcessTable(of: procfs) }

    /// Collections on end in which a process can't be read, as when the kernel is short of memory, before it is given up:
    /// a minute at the default interval.
    private static var mostMisses: Int { 12 }

    /// Processes that aren't watched because there are more than `maximumProcesses`.
    var droppedCount: Int { dropped.count }

    /// The watched processes with a group, in ascending order of number.
    var grouped: [WatchedProcess] {
        listed.compactMap { processes[$0] }.filter { $0.group != nil }
    }

    /// Whether something is there of which nothing is known.
    var hasUnknown: Bool { !dropped.isEmpty || misses.keys.contains { processes[$0] == nil } }

    /// Reads `stat` of every process, and `statm` of those whose memory may have changed.
    mutating func scan(
        _ context: CollectionContext, _ settings: HostWatchSettings
    ) throws(ProcFSError) -> Changes {
        vanished = 0
        hidden = 0
        unread.removeAll(keepingCapacity: true)
        try table.list(into: &listed)
        var changes = Changes()
        let missed = misses
        misses.removeAll(keepingCapacity: true)
        for number in listed {
            if let known = processes[number], known.isKernelThread,
                !isDue(known.slow.statusTurn, number, context, settings)
            {
                known.lastCollection = context.number
            } else if let known = dropped[number], !isDue(known.turn, number, context, settings) {
                dropped[number]?.lastCollection = context.number
            } else {
                read(number, missed: missed[number] ?? 0, context, &changes)
            }
        }
        dropped = dropped.filter { $0.value.lastCollection == context.number }
        select(context, settings, &changes)
        findEnded(context, &changes)
        findSharedMemory()
        return changes
    }

    /// Kernel threads are read only now and then, in case their numbers belong to other processes.
    private func isDue(
        _ turn: Turn, _ number: Int32, _ context: CollectionContext, _ settings: HostWatchSettings
    ) -> Bool {
        turn.isDue(at: context.now, interval: settings.statusInterval, of: number)
    }

    private mutating func read(_ number: Int32, missed: Int, _ context: CollectionContext, _ changes: inout Changes) {
        do {
            let stat = try table.stat(of: ProcessID(rawValue: number))
            if let known = processes[number], known.identity.startTicks == stat.startTicks {
                try update(known, stat, context, &changes)
            } else if dropped[number]?.startTicks == stat.startTicks {
                dropped[number]?.resident = stat.residentPages &* pageBytes
                dropped[number]?.lastCollection = context.number
                dropped[number]?.turn.take(at: context.now)
            } else {
                dropped[number] = nil
                try begin(stat, number, context, &changes)
            }
        } catch .vanished {
            vanished += 1
        } catch {
            hidden += 1
            miss(number, before: missed, context)
        }
    }

    /// A process that can't be read has not ended for that.
    private mutating func miss(_ number: Int32, before: Int, _ context: CollectionContext) {
        misses[number] = min(before + 1, Self.mostMisses + 1)
        guard before < Self.mostMisses else { return }
        unread.insert(number)
        processes[number]?.lastCollection = context.number
    }

    private mutating func begin(
        _ stat: ProcStat, _ number: Int32, _ context: CollectionContext, _ changes: inout Changes
    ) throws(ProcFSError) {
        if let other = processes[number] { changes.replaced.append(other) }
        let age = max(context.sinceBoot - Clocks.seconds(ofTicks: stat.startTicks), 0)
        let process = WatchedProcess(
            stat, collection: context.number, startedAt: context.now - age,
            isOld: context.previousTicks.map { stat.startTicks < $0 } ?? true)
        if process.isKernelThread {
            process.membership = .unwatched
            process.slow.statusTurn.take(at: context.now)
        } else {
            try readMemory(process)
            process.slow.composition = CompositionState(anonymous: process.anonymous)
            changes.unsettled.append(process)
        }
        processes[number] = process
    }

    private mutating func update(
        _ process: WatchedProcess, _ stat: ProcStat, _ context: CollectionContext, _ changes: inout Changes
    ) throws(ProcFSError) {
        let old = process.stat
        process.stat = stat
        if process.isKernelThread {
            process.slow.statusTurn.take(at: context.now)
        } else {
            if process.isHeadless || process.mayHaveChangedMemory(since: old) {
                do throws(ProcFSError) {
                    try readMemory(process)
                } catch {
                    // What has changed is still to be read in the next collection.
                    process.stat = old
                    throw error
                }
            }
            // Address space can be mapped without a page of it.
            if !process.isHeadless { process.virtual = stat.virtualBytes }
            let hasGrown = process.growsInto.map { process.resident >= $0 } ?? false
            if hasGrown || process.needsGroup || process.hasExecuted(since: old, context.number) {
                changes.unsettled.append(process)
            }
        }
        process.lastCollection = context.number
    }

    private mutating func readMemory(_ process: WatchedProcess) throws(ProcFSError) {
        let statm =
            process.isHeadless
            ? try directory(of: process).statm() : try table.statm(of: process.identity.process)
        process.resident = (process.isHeadless ? statm.residentPages : process.stat.residentPages) &* pageBytes
        process.virtual = process.isHeadless ? statm.virtualPages &* pageBytes : process.stat.virtualBytes
        let pages = statm.residentPages >= statm.sharedPages ? statm.residentPages - statm.sharedPages : 0
        process.anonymous = pages &* pageBytes
        process.slow.highestAnonymous = max(process.slow.highestAnonymous, process.anonymous)
    }

    /// Whose memory is their parent's, as until they execute a program after vfork(2).
    ///
    /// Sharing ends, and doesn't begin again: most forked processes are asked about once.
    private func findSharedMemory() {
        for process in processes.values where process.mayShareParentsMemory && !process.isKernelThread {
            process.sharesParentsMemory =
                process.stat.flags.contains(.notExecuted)
                && process.stat.parent.map {
                    processes[$0.rawValue]?.isKernelThread == false && process.identity.process.sharesMemory(with: $0)
                } ?? false
            process.mayShareParentsMemory = process.sharesParentsMemory
        }
    }

    /// The directory that shows what the process has: that of a living thread when its first one has ended.
    func directory(of process: WatchedProcess) throws(ProcFSError) -> ProcessDirectory {
        let directory = try table.directory(of: process.identity.process)
        guard process.isHeadless, let thread = directory.livingThread() else { return directory }
        return thread
    }

    /// The group of a new process could not be found: it is not watched before it can be.
    mutating func discard(_ process: WatchedProcess, _ error: ProcFSError, _ context: CollectionContext) {
        processes[process.number] = nil
        if case .vanished = error { vanished += 1 } else { miss(process.number, before: 0, context) }
    }
}

extension ProcessScan {
    /// Drops processes beyond the maximum, and takes in those that have a place by now.
    private mutating func select(
        _ context: CollectionContext, _ settings: HostWatchSettings, _ changes: inout Changes
    ) {
        let watched = listed.compactMap { processes[$0] }.filter { !$0.isKernelThread }
        guard watched.count > settings.maximumProcesses || !dropped.isEmpty else { return }
        for process in watched where process.membership == .unclassified {
            process.user = (try? table.directory(of: process.identity.process).effectiveUser()) ?? process.user
        }
        let candidates =
            watched.map {
                ProcessSelection.Candidate(number: $0.number, user: $0.user, resident: $0.resident, isWatched: true)
            }
            + dropped.map {
                ProcessSelection.Candidate(
                    number: $0.key, user: $0.value.user, resident: $0.value.resident, isWatched: false)
            }
        let chosen = ProcessSelection.choose(candidates, maximum: settings.maximumProcesses)
        for process in watched where !chosen.contains(process.number) { drop(process, context) }
        changes.unsettled.removeAll { processes[$0.number] !== $0 }
        for number in dropped.keys.filter(chosen.contains) {
            dropped[number] = nil
            read(number, missed: 0, context, &changes)
        }
    }

    private mutating func drop(_ process: WatchedProcess, _ context: CollectionContext) {
        processes[process.number] = nil
        unread.remove(process.number)
        var kept = DroppedProcess(
            startTicks: process.identity.startTicks, user: process.user, resident: process.resident,
            lastCollection: context.number)
        kept.turn.take(at: context.now)
        dropped[process.number] = kept
    }

    private mutating func findEnded(_ context: CollectionContext, _ changes: inout Changes) {
        for process in changes.replaced { changes.ended[process.number] = process }
        for (number, process) in processes where process.lastCollection != context.number {
            changes.ended[number] = process
        }
        for (number, process) in changes.ended where processes[number] === process { processes[number] = nil }
    }
}
