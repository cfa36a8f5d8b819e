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
        if due.contains(.status) { readStatus(process, directory) }
        if due.contains(.descriptors) {
            process.slow.descriptors = known { () throws(ProcFSError) in try descriptors(directory) }
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
        ask(.status, &process.slow.statusTurn, settings.statusInterval)
        if !shedding.contains(.descriptors) {
            ask(.descriptors, &process.slow.descriptorTurn, settings.descriptorInterval)
        }
        if !shedding.contains(.disk) { ask(.disk, &process.slow.diskTurn, settings.diskInterval) }
        if !shedding.contains(.proportional), let interval = settings.proportionalInterval {
            ask(.proportional, &process.slow.proportionalTurn, interval)
        }
        return due
    }

    private mutating func readStatus(_ process: WatchedProcess, _ directory: borrowing ProcessDirectory) {
        switch known({ () throws(ProcFSError) in try directory.memoryStatus(using: &buffer) }) {
        case .value(let status):
            process.user = status.effectiveUser ?? process.user
            process.slow.ignoresChildren = status.ignoresChildren
            // A zombie has no memory, and so none that is swapped out.
            process.slow.swap =
                status.swapBytes.map(Known.value) ?? (status.anonymousBytes == nil ? .value(0) : .notOffered)
        case .notPermitted: process.slow.swap = .notPermitted
        case .notOffered: process.slow.swap = .notOffered
        case .notRead: process.slow.swap = .notRead
        }
        readCgroup(process, directory)
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

    private mutating func descriptors(_ directory: borrowing ProcessDirectory) throws(ProcFSError) -> DescriptorUse {
        let open = try table.descriptorCount(of: directory)
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

    static let status = DueReadings(rawValue: 1 << 0)
    static let descriptors = DueReadings(rawValue: 1 << 1)
    static let disk = DueReadings(rawValue: 1 << 2)
    static let proportional = DueReadings(rawValue: 1 << 3)
}
