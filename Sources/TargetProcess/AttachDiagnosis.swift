internal import Glibc
package import ProcFS
package import ProfileModel
internal import SystemSupport

extension ProcFS {
    /// What would keep the calling process from attaching to another one; `nil` where nothing is known to.
    ///
    /// It reads `/proc` and touches nothing: the rules are those of ptrace(2), "Ptrace access mode checking". PID 1 is a
    /// process like others here: the kernel has allowed tracing it since 2.6.26.
    package func diagnoseAttach(to process: ProcessID) -> AttachRefusal? {
        do throws(ProcFSError) {
            return try reason(against: process).map { AttachRefusal(process, $0) }
        } catch .vanished {
            return AttachRefusal(process, absenceReason(process))
        } catch .notPermitted {
            return AttachRefusal(process, .hiddenProcesses)
        } catch {
            return nil
        }
    }

    private func reason(against process: ProcessID) throws(ProcFSError) -> AttachRefusal.Reason? {
        let directory = try self.process(process)
        let status = try directory.status()
        if let reason = try identityReason(status, directory.stat()) { return reason }
        if let reason = try permissionReason(status, directory) { return reason }
        return formatReason(directory)
    }

    private func identityReason(_ status: ProcStatus, _ stat: ProcStat) throws(ProcFSError) -> AttachRefusal.Reason? {
        let own = try? ownProcess().process
        if status.process == own { return .isSelf }
        guard status.process.rawValue == status.id else { return .threadOf(status.process) }
        if stat.flags.contains(.kernelThread) { return .kernelThread(name: stat.command) }
        // The first thread of a living process is a zombie too once it has left by pthread_exit(3).
        if stat.state == .zombie || stat.state == .dead, stat.threadCount <= 1 {
            return .zombie(parent: stat.parent.flatMap(participant))
        }
        return status.tracer.flatMap(tracer).map(AttachRefusal.Reason.alreadyTraced)
    }

    private func permissionReason(
        _ target: ProcStatus, _ directory: borrowing ProcessDirectory
    ) throws(ProcFSError) -> AttachRefusal.Reason? {
        let own = try ownProcess().status()
        let yama = (try? setting("sys/kernel/yama/ptrace_scope")) ?? 0
        let way = AttachRefusal.Escalation(for: own)
        if yama >= 3 { return .yama(level: yama, way) }
        if own.effectiveCapabilities?.contains(.systemPtrace) == true { return Self.verdict(on: directory) }
        if !Self.isSameUser(own, target) { return .otherUser(target.user?.effective ?? 0, way) }
        // Files of a process that is not dumpable belong to root, which says nothing about one of root's.
        if try directory.owner(of: "stat") != target.user?.effective { return .notDumpable(way) }
        if let mine = own.permittedCapabilities, let theirs = target.permittedCapabilities, !mine.isSuperset(of: theirs)
        {
            return .morePrivileged(way)
        }
        if yama == 2 || yama == 1 && !isDescendant(target.process, of: own.process) { return .yama(level: yama, way) }
        return Self.verdict(on: directory)
    }

    /// The kernel's own answer: following this link takes `PTRACE_MODE_READ`, and who may not read may not attach.
    private static func verdict(on directory: borrowing ProcessDirectory) -> AttachRefusal.Reason? {
        do throws(ProcFSError) {
            _ = try directory.link("ns/user")
            return nil
        } catch .notPermitted {
            return .shielded
        } catch {
            return nil
        }
    }

    /// A 64-bit program has its stack and the vDSO above 4 GiB, which a 32-bit program can't address.
    private func formatReason(_ directory: borrowing ProcessDirectory) -> AttachRefusal.Reason? {
        var text: [UInt8] = []
        guard let highest = try? directory.maps(using: &text).entries.last else { return nil }
        return highest.end.rawValue <= 1 << 32 ? .thirtyTwoBit : nil
    }

    private func absenceReason(_ process: ProcessID) -> AttachRefusal.Reason {
        let inside = ((try? processes()) ?? []).filter { candidate in
            let numbers = (try? self.process(candidate).status())?.namespaceIDs ?? []
            return numbers.count > 1 && numbers.last == process.rawValue
        }
        if !inside.isEmpty { return .numberedInContainer(inside) }
        return hidesProcesses ? .hiddenProcesses : .noSuchProcess
    }

    private static func isSameUser(_ own: ProcStatus, _ target: ProcStatus) -> Bool {
        guard let user = own.user?.real, let group = own.group?.real, let theirs = target.user,
            let groups = target.group
        else { return false }
        return [theirs.real, theirs.effective, theirs.saved].allSatisfy { $0 == user }
            && [groups.real, groups.effective, groups.saved].allSatisfy { $0 == group }
    }

    private func isDescendant(_ process: ProcessID, of ancestor: ProcessID) -> Bool {
        var current = process
        // A chain read while processes end and are adopted could go round.
        for _ in 0..<1000 {
            if current == ancestor { return true }
            guard let parent = (try? self.process(current).stat())?.parent else { return false }
            current = parent
        }
        return false
    }

    func tracer(_ thread: ThreadID) -> AttachRefusal.Participant? {
        let id = ProcessID(rawValue: thread.rawValue)
        guard let process = (try? self.process(id).status())?.process else { return nil }
        return participant(process)
    }

    private func participant(_ id: ProcessID) -> AttachRefusal.Participant? {
        (try? process(id).stat()).map { AttachRefusal.Participant(id: id, name: $0.command) }
    }
}

extension AttachRefusal {
    /// Explains a failed `PTRACE_SEIZE` of a thread; what has changed in `/proc` meanwhile counts.
    package init(errno: Int32, attachingTo thread: ThreadID, of process: ProcessID, procfs: ProcFS = ProcFS()) {
        self = procfs.diagnoseAttach(to: process) ?? AttachRefusal(process, Self.reason(errno, thread, process, procfs))
    }

    private static func reason(
        _ errno: Int32, _ thread: ThreadID, _ process: ProcessID, _ procfs: ProcFS
    ) -> Reason {
        if errno == ESRCH { return .noSuchProcess }
        if errno == EACCES { return .shielded }
        if let tracer = (try? procfs.process(process).status(of: thread))?.tracer.flatMap(procfs.tracer) {
            return .alreadyTraced(by: tracer)
        }
        let own = try? procfs.ownProcess().status()
        if errno == ENOSYS || errno == EPERM && own?.seccomp == .filter { return .systemCallFiltered }
        return .failed(errno: errno)
    }
}
