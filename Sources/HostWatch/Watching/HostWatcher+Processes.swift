import ProcFS
import ProfileModel

extension HostWatcher {
    /// Reads `stat` of every process, and `statm` of those whose memory may have changed.
    mutating func readProcesses() throws(ProcFSError) {
        try table.list(into: &look.listed)
        let missed = misses
        misses.removeAll(keepingCapacity: true)
        for number in look.listed {
            if let known = processes[number], known.isKernelThread, !isDue(known.slow.statusTurn, known) {
                known.lastLook = look.number
            } else {
                readProcess(number, missed: missed[number] ?? 0)
            }
        }
    }

    /// A kernel thread is looked at only now and then, in case its number belongs to another process.
    private func isDue(_ turn: Turn, _ process: WatchedProcess) -> Bool {
        turn.isDue(at: look.time.monotonic, interval: settings.statusInterval, of: process.number)
    }

    private mutating func readProcess(_ number: Int32, missed: Int) {
        do {
            let stat = try table.stat(of: ProcessID(rawValue: number))
            guard let known = processes[number], known.identity.startTicks == stat.startTicks else {
                return try begin(stat, number)
            }
            try update(known, stat)
        } catch .vanished {
            look.vanished += 1
        } catch {
            look.hidden += 1
            miss(number, before: missed)
        }
    }

    /// Looks on end in which a process can't be read, as when the kernel is short of memory, before it is given up: a
    /// minute at the default interval.
    private static var mostMisses: Int { 12 }

    /// A process that can't be read has not ended for that.
    mutating func miss(_ number: Int32, before: Int = 0) {
        misses[number] = min(before + 1, Self.mostMisses + 1)
        guard before < Self.mostMisses else { return }
        look.unread.insert(number)
        processes[number]?.lastLook = look.number
    }

    private mutating func begin(_ stat: ProcStat, _ number: Int32) throws(ProcFSError) {
        if let other = processes[number] { look.replaced.append(other) }
        let age = max(look.sinceBoot - Clocks.seconds(ofTicks: stat.startTicks), 0)
        let process = WatchedProcess(
            stat, look: look.number, startedAt: look.time.monotonic - age,
            isOld: look.previousTicks.map { stat.startTicks < $0 } ?? true)
        if process.isKernelThread {
            process.membership = .unwatched
            process.slow.statusTurn.take(at: look.time.monotonic)
        } else {
            try readMemory(process)
            look.unsettled.append(process)
        }
        processes[number] = process
    }

    private mutating func update(_ process: WatchedProcess, _ stat: ProcStat) throws(ProcFSError) {
        let old = process.stat
        process.stat = stat
        if process.isKernelThread {
            process.slow.statusTurn.take(at: look.time.monotonic)
        } else {
            if process.isHeadless || process.mayHaveChangedMemory(since: old) {
                do throws(ProcFSError) {
                    try readMemory(process)
                } catch {
                    // What has changed is still to be read in the next look.
                    process.stat = old
                    throw error
                }
            }
            // Address space can be mapped without a page of it.
            if !process.isHeadless { process.virtual = stat.virtualBytes }
            let hasGrown = process.growsInto.map { process.resident >= $0 } ?? false
            if hasGrown || process.needsGroup || process.hasExecuted(since: old, look.number) {
                look.unsettled.append(process)
            }
        }
        process.lastLook = look.number
    }

    private mutating func readMemory(_ process: WatchedProcess) throws(ProcFSError) {
        let statm = try statm(of: process)
        process.resident = (process.isHeadless ? statm.residentPages : process.stat.residentPages) &* pageBytes
        process.virtual = process.isHeadless ? statm.virtualPages &* pageBytes : process.stat.virtualBytes
        let pages = statm.residentPages >= statm.sharedPages ? statm.residentPages - statm.sharedPages : 0
        process.anonymous = pages &* pageBytes
        process.slow.highestAnonymous = max(process.slow.highestAnonymous, process.anonymous)
    }

    private mutating func statm(of process: WatchedProcess) throws(ProcFSError) -> Statm {
        guard process.isHeadless else { return try table.statm(of: process.identity.process) }
        return try directory(of: process).statm()
    }

    /// The directory that shows what the process has: that of a living thread when its first one has ended.
    func directory(of process: WatchedProcess) throws(ProcFSError) -> ProcessDirectory {
        let directory = try table.directory(of: process.identity.process)
        guard process.isHeadless, let thread = directory.livingThread() else { return directory }
        return thread
    }

    /// Lets go of the processes that are no more; their groups keep what they used.
    mutating func settleEnded() {
        var ended: [Int32: WatchedProcess] = [:]
        for process in look.replaced { ended[process.number] = process }
        for (number, process) in processes where process.lastLook != look.number { ended[number] = process }
        for (number, process) in ended where processes[number] === process { processes[number] = nil }
        for process in ended.values where !process.isKernelThread {
            if let group = process.group { ledger.countEnd(in: group) }
            countDisk(of: process)
            for heir in heirs(of: process, ended) {
                heir.usage.expect(process.usage, disk: !heir.slow.ignoresChildren)
            }
        }
    }

    /// Who may have waited for a process: its parent, and when that has ended too, any ancestor of it.
    private func heirs(of process: WatchedProcess, _ ended: [Int32: WatchedProcess]) -> [WatchedProcess] {
        var heirs: [WatchedProcess] = []
        var next = process.stat.parent?.rawValue
        // A chain of recycled numbers could go in circles.
        for _ in 0..<64 {
            guard let number = next else { return heirs }
            guard let living = processes[number] else {
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
}
