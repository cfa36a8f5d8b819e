import ProcFS

/// Reads of each process what is due at slower intervals: a share of the processes in each collection.
struct SlowReader {
    private var buffer: [UInt8] = []

    /// Returns the processes that are in another cgroup than before: their groups are to be found anew.
    mutating func read(
        _ scan: borrowing ProcessScan, _ context: CollectionContext, _ settings: HostWatchSettings,
        degradation: Degradation, limits: inout MemoryLimits
    ) -> [WatchedProcess] {
        limits.evictUnused(at: context.now, interval: settings.statusInterval)
        var moved: [WatchedProcess] = []
        for process in scan.grouped {
            clearUnread(process, settings, degradation)
            let due = Self.dueReadings(of: process, context, settings, degradation)
            guard !due.isEmpty, let directory = try? scan.directory(of: process) else { continue }
            if due.contains(.swap) { readMemoryStatus(process, directory) }
            if due.contains(.cgroup) {
                if readCgroup(process, directory) { moved.append(process) }
                let found = limits.limit(
                    of: process.cgroup.read, hostMemory: context.hostMemory, at: context.now,
                    interval: settings.statusInterval)
                process.slow.limit = found.limit
                process.slow.cgroupRoom = found.room
            }
            if due.contains(.descriptors) {
                process.slow.descriptors = known { () throws(ProcFSError) in
                    try descriptors(of: process, directory, scan, context, settings)
                }
            }
            if due.contains(.disk) { readDisk(process, directory) }
            if due.contains(.proportional) { readProportional(process, directory, settings) }
        }
        return moved
    }

    private func clearUnread(_ process: WatchedProcess, _ settings: HostWatchSettings, _ degradation: Degradation) {
        if degradation.contains(.descriptors) { process.slow.descriptors = .notRead }
        if degradation.contains(.disk) { process.slow.disk = .notRead }
        if degradation.contains(.connections) { process.slow.connections = .notRead }
        if degradation.contains(.proportional) || settings.proportionalInterval == nil {
            process.slow.proportional = .notRead
        }
    }

    private static func dueReadings(
        of process: WatchedProcess, _ context: CollectionContext, _ settings: HostWatchSettings,
        _ degradation: Degradation
    ) -> DueReadings {
        var due: DueReadings = []
        func ask(_ reading: DueReadings, _ turn: inout Turn, _ interval: Double) {
            guard turn.isDue(at: context.now, interval: interval, of: process.number) else { return }
            turn.take(at: context.now)
            due.insert(reading)
        }
        ask([.swap, .cgroup], &process.slow.statusTurn, settings.statusInterval)
        // What left RAM may have been swapped out: with the swap of an earlier collection it would be missing from the sum.
        if context.usesSwap, process.anonymous < process.slow.highestAnonymous { due.insert(.swap) }
        if !degradation.contains(.descriptors) {
            ask(.descriptors, &process.slow.descriptorTurn, settings.descriptorInterval)
        }
        if !degradation.contains(.disk) { ask(.disk, &process.slow.diskTurn, settings.diskInterval) }
        if !degradation.contains(.proportional), let interval = settings.proportionalInterval {
            ask(.proportional, &process.slow.proportionalTurn, interval)
        }
        return due
    }

    private mutating func readMemoryStatus(_ process: WatchedProcess, _ directory: borrowing ProcessDirectory) {
        let status = known { () throws(ProcFSError) in try directory.memoryStatus(using: &buffer) }
        if let status = status.value {
            process.user = status.effectiveUser ?? process.user
            process.slow.ignoresChildren = status.ignoresChildren
            process.slow.pageTables = status.pageTableBytes ?? 0
            process.slow.shared = status.sharedBytes ?? 0
            process.slow.hugeTLB = status.hugeTLBBytes ?? 0
            process.slow.highestAnonymous = process.anonymous
        } else if process.slow.swap.value != nil {
            // A failure is no reason to take what is swapped out for nothing.
            return
        }
        process.slow.swap = status.flatMap { status in
            // A zombie has no memory, and so none that is swapped out.
            status.swapBytes.map(Known.value) ?? (status.anonymousBytes == nil ? .value(0) : .notOffered)
        }
    }

    /// Returns whether it is another cgroup than before.
    private mutating func readCgroup(_ process: WatchedProcess, _ directory: borrowing ProcessDirectory) -> Bool {
        guard let read = try? directory.cgroup(using: &buffer), read != process.cgroup.read else { return false }
        process.cgroup = ProcessCgroup(read)
        return true
    }

    /// Reads the limit, too, when the count is another, and else now and then: it hardly ever changes.
    private mutating func descriptors(
        of process: WatchedProcess, _ directory: borrowing ProcessDirectory, _ scan: borrowing ProcessScan,
        _ context: CollectionContext, _ settings: HostWatchSettings
    ) throws(ProcFSError) -> DescriptorUse {
        let open = try scan.table.descriptorCount(of: directory)
        let isDue = process.slow.descriptorLimitTurn.isDue(
            at: context.now, interval: 10 * settings.descriptorInterval, of: process.number)
        if !isDue, let last = process.slow.descriptors.value, last.open == open { return last }
        process.slow.descriptorLimitTurn.take(at: context.now)
        return DescriptorUse(open: open, limit: try directory.limits(using: &buffer).openFiles)
    }

    private mutating func readDisk(_ process: WatchedProcess, _ directory: borrowing ProcessDirectory) {
        process.slow.disk = known { () throws(ProcFSError) in
            let io = try directory.io(using: &buffer)
            return DiskTransfer(read: io.readBytes, written: io.writtenBytes)
        }
        process.slow.uncountedDisk = process.slow.disk.value ?? process.slow.uncountedDisk
    }

    private mutating func readProportional(
        _ process: WatchedProcess, _ directory: borrowing ProcessDirectory, _ settings: HostWatchSettings
    ) {
        guard process.resident <= settings.proportionalLimit else {
            process.slow.proportional = .notRead
            return
        }
        process.slow.proportional = known { () throws(ProcFSError) in
            try directory.smapsRollup(using: &buffer).proportionalBytes
        }
    }
}

private struct DueReadings: OptionSet {
    let rawValue: Int

    static let swap = DueReadings(rawValue: 1 << 0)
    static let cgroup = DueReadings(rawValue: 1 << 1)
    static let descriptors = DueReadings(rawValue: 1 << 2)
    static let disk = DueReadings(rawValue: 1 << 3)
    static let proportional = DueReadings(rawValue: 1 << 4)
}
