import ProcFS
import ProfileModel

extension HostWatcher {
    /// Finds the groups of new processes, parents before their children, and of those that run another program.
    mutating func findGroups() {
        settleOverflow()
        look.unsettled.sort {
            ($0.identity.startTicks, $0.number) < ($1.identity.startTicks, $1.number)
        }
        for process in look.unsettled {
            do throws(ProcFSError) {
                try findGroup(of: process)
            } catch {
                // Its use arrives with its parent's.
                guard process.firstLook == look.number else { continue }
                processes[process.number] = nil
                if case .vanished = error { look.vanished += 1 } else { miss(process.number) }
            }
        }
    }

    private mutating func findGroup(of process: WatchedProcess) throws(ProcFSError) {
        let directory = try table.directory(of: process.identity.process)
        guard try directory.stat(using: &buffer).startTicks == process.identity.startTicks else {
            throw .vanished(file: "stat")
        }
        process.sockets.round = nil
        process.user = try directory.effectiveUser()
        if let cgroup = try? directory.cgroup(using: &buffer) { process.cgroup = ProcessCgroup(cgroup) }
        if process.isHeadless {
            classify(process, in: try self.directory(of: process))
        } else {
            classify(process, in: directory)
        }
    }

    func parent(of process: WatchedProcess) -> WatchedProcess? {
        process.stat.parent.flatMap { processes[$0.rawValue] }
    }

    mutating func classify(_ process: WatchedProcess, in directory: borrowing ProcessDirectory) {
        classifier.classify(
            process, parent: parent(of: process), in: directory, at: look.time.monotonic, ledger: &ledger)
    }

    /// Gives processes of the group `other` groups of their own, where others were forgotten.
    private mutating func settleOverflow() {
        guard let overflow = ledger.overflow else { return }
        for number in look.listed {
            guard let process = processes[number], let place = process.membership.place, place.group == overflow,
                place.name != GroupLedger.overflowName
            else { continue }
            process.membership = process.membership.moved(to: ledger.place(named: place.name))
        }
    }

    /// Asks again for names of users that were not found, and has the groups found anew of those whose users have got one.
    mutating func renewUserNames() {
        guard classifier.needsUserNames else { return }
        let now = look.time.monotonic
        if userTurn.isDue(at: now, interval: UserNames.retryInterval, of: 0) {
            userTurn.take(at: now)
            users.askAgain(among: Set(processes.values.lazy.filter { !$0.isKernelThread }.map(\.user)))
        }
        let named = users.takeNamed()
        guard !named.isEmpty else { return }
        for process in processes.values where named.contains(process.user) { process.needsGroup = true }
    }

    /// Adds to the groups what their processes used since the last look.
    mutating func countUse() {
        for number in look.listed {
            guard let process = processes[number], !process.isKernelThread, !look.unread.contains(number) else {
                continue
            }
            let ticks = process.usage.growth(to: process.stat)
            if let group = process.group { ledger.add(ticks, to: group) }
            countDisk(of: process)
        }
    }

    /// Counts what was read of the disk in an earlier look, now that those are known that ended until then.
    mutating func countDisk(of process: WatchedProcess) {
        guard let disk = process.slow.uncountedDisk else { return }
        process.slow.uncountedDisk = nil
        let growth = process.usage.growth(to: disk)
        if let group = process.group { ledger.add(growth, to: group) }
    }
}

extension ProcessCgroup {
    init(_ cgroup: ProcCgroup) { self.init(read: cgroup, name: CgroupName(path: cgroup.path)) }
}
