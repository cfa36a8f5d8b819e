package import ProcFS
package import ProfileModel

/// Why a process can't be attached to, and what to do about it.
package struct AttachRefusal: Error, Hashable, Sendable {
    package let process: ProcessID
    package let reason: Reason

    package init(_ process: ProcessID, _ reason: Reason) {
        self.process = process
        self.reason = reason
    }

    package enum Reason: Hashable, Sendable {
        case noSuchProcess
        /// The number belongs to a thread.
        case threadOf(ProcessID)
        /// No process here has the number; these have it inside their container.
        case numberedInContainer([ProcessID])
        /// `/proc` is mounted so that it shows only one's own processes.
        case hiddenProcesses
        case isSelf
        case zombie(parent: Participant?)
        case kernelThread(name: String)
        case alreadyTraced(by: Participant)
        case thirtyTwoBit
        /// It belongs to another user, by number.
        case otherUser(UInt32, Escalation)
        /// It has capabilities that Sonde doesn't have.
        case morePrivileged(Escalation)
        /// It switched its dumpable flag off, or changed its user or binary in a way that did: prctl(2).
        case notDumpable(Escalation)
        /// The level of `kernel.yama.ptrace_scope`.
        case yama(level: Int, Escalation)
        /// Sonde's own system calls are filtered.
        case systemCallFiltered
        /// The kernel denies even reading, though users and capabilities would allow it: SELinux, AppArmor or another
        /// security module, or a user namespace outside Sonde's.
        case shielded
        /// ptrace(2) failed, and nothing in `/proc` says why.
        case failed(errno: Int32)
    }

    /// Another process that has to do with it.
    package struct Participant: Hashable, Sendable {
        package let id: ProcessID
        package let name: String

        package init(id: ProcessID, name: String) {
            self.id = id
            self.name = name
        }
    }

    package typealias Escalation = PtraceEscalation

    /// Whether the kernel is bound to refuse.
    ///
    /// `false` where it may have an exception that `/proc` doesn't show (prctl(2), `PR_SET_PTRACER`), or where the
    /// reason is inferred from the ownership of files.
    package var isCertain: Bool {
        switch reason {
        case .yama(level: 1, _), .notDumpable, .hiddenProcesses: false
        default: true
        }
    }

    /// What `sonde` exits with: 77 where a permission is missing, otherwise 1.
    package var exitCode: Int32 {
        switch reason {
        case .otherUser, .morePrivileged, .notDumpable, .yama, .systemCallFiltered, .shielded, .hiddenProcesses:
            77
        case .noSuchProcess, .threadOf, .numberedInContainer, .isSelf, .zombie, .kernelThread, .alreadyTraced,
            .thirtyTwoBit, .failed:
            1
        }
    }
}
