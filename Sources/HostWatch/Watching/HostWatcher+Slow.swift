import ProcFS

extension HostWatcher {
    /// Reads of each process what is due: a share of them in each look.
    mutating func readSlowly() {
        limits.forgetUnused(at: look.time.monotonic, interval: settings.statusInterval)
        for number in look.listed {
            guard let process = processes[number], process.group != nil else { continue }
            leaveOutShed(process)
            readSlowly(process)
        }
    }

    private mutating func leaveOutShed(_ process: WatchedProcess) {
        if shedding.contains(.descriptors) { process.slow.descriptors = .notRead }
        if shedding.contains(.disk) { process.slow.disk = .notRead }
        if shedding.contains(.proportional) || settings.proportionalInterval == nil {
            process.slow.proportional = .notRead
        }
        if shedding.contains(.connections), let group = process.group {
            process.slow.connections = .notRead
            ledger.set(.notRead, of: group)
        }
    }

    private mutating func readSlowly(_ process: WatchedProcess) {
        let due = dueReadings(of: process)
        guard !due.isEmpty, let directory = try? self.directory(of: process) else { return }
        if due.contains(.swap) { readMemoryStatus(process, directory) }
        if due.contains(.cgroup) { readCgroup(process, directory) }
        if due.contains(.descriptors) {
            process.slow.descriptors = known { () throws(ProcFSError) in try descriptors(of: process, directory) }
        }
        if due.contains(.disk) { readDisk(process, directory) }
        if due.contains(.proportional) { readProportional(process, directory) }
    }

    private func dueReadings(of process: WatchedProcess) -> DueReadings {
        let now = look.time.monotonic
        var due: DueReadings = []
        func ask(_ reading: DueReadings, _ turn: inout Turn, _ interval: Double) {
            guard turn.isDue(at: now, interval: interval, of: process.number) else { return }
            turn.take(at: now)
            due.insert(reading)
        }
        ask([.swap, .cgroup], &process.slow.statusTurn, settings.statusInterval)
        // What left RAM may have been swapped out: with the swap of an earlier look it would be missing from the sum.
        if look.usesSwap, process.anonymous < process.slow.highestAnonymous { due.insert(.swap) }
        if !shedding.contains(.descriptors) {
            ask(.descriptors, &process.slow.descriptorTurn, settings.descriptorInterval)
        }
        if !shedding.contains(.disk) { ask(.disk, &process.slow.diskTurn, settings.diskInterval) }
        if !shedding.contains(.proportional), let interval = settings.proportionalInterval {
            ask(.proportional, &process.slow.proportionalTurn, interval)
        }
        return due
    }

    private mutating func readMemoryStatus(_ process: WatchedProcess, _ directory: borrowing ProcessDirectory) {
        let status = known { () throws(ProcFSError) in try directory.memoryStatus(using: &buffer) }
        if let status = status.value {
            process.user = status.effectiveUser ?? process.user
            process.slow.ignoresChildren = status.ignoresChildren
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

    private mutating func readCgroup(_ process: WatchedProcess, _ directory: borrowing ProcessDirectory) {
        if let read = try? directory.cgroup(using: &buffer), read != process.cgroup.read {
            process.cgroup = ProcessCgroup(read)
            classify(process, in: directory)
        }
        let found = limits.limit(
            of: process.cgroup.read, hostMemory: look.hostMemory, at: look.time.monotonic,
            interval: settings.statusInterval)
        process.slow.limit = found.limit
        process.slow.cgroupRoom = found.room
    }

    /// Reads the limit, too, when the count is another, and else now and then: it hardly ever changes.
    private mutating func descriptors(
        of process: WatchedProcess, _ directory: borrowing ProcessDirectory
    ) throws(ProcFSError) -> DescriptorUse {
        let open = try table.descriptorCount(of: directory)
        let now = look.time.monotonic
        let isDue = process.slow.descriptorLimitTurn.isDue(
            at: now, interval: 10 * settings.descriptorInterval, of: process.number)
        if !isDue, let last = process.slow.descriptors.value, last.open == open { return last }
        process.slow.descriptorLimitTurn.take(at: now)
        return DescriptorUse(open: open, limit: try directory.limits(using: &buffer).openFiles)
    }

    private mutating func readDisk(_ process: WatchedProcess, _ directory: borrowing ProcessDirectory) {
        process.slow.disk = known { () throws(ProcFSError) in
            let io = try directory.io(using: &buffer)
            return DiskTransfer(read: io.readBytes, written: io.writtenBytes)
        }
        process.slow.uncountedDisk = process.slow.disk.value ?? process.slow.uncountedDisk
    }

    private mutating func readProportional(_ process: WatchedProcess, _ directory: borrowing ProcessDirectory) {
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
