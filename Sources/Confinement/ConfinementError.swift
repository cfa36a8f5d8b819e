package import ProcFS
internal import SystemSupport

/// Why a process could not be confined; it then has more rights than were asked for, and should end.
package struct ConfinementError: Error, Hashable, Sendable {
    /// What was being done.
    package enum Step: String, Sendable {
        case user = "changing to another user"
        case groups = "changing the groups"
        case capabilities = "dropping capabilities"
        case ambientCapabilities = "setting the ambient capabilities"
        case noNewPrivileges = "setting no_new_privs"
        case systemCallFilter = "loading the seccomp filter"
        case fileAccess = "restricting file access by Landlock"
        case limits = "setting resource limits"
        case dumpable = "making the process not dumpable"
        case descriptors = "closing inherited descriptors"
    }

    package enum Cause: Hashable, Sendable {
        /// A system call failed.
        case refused(errno: Int32)
        /// Credentials belong to threads, so that they can be changed while there is one.
        case severalThreads(UInt64)
        /// `/proc/self` can't be read.
        case unreadableProcess(ProcFSError)
        /// libseccomp doesn't know a system call of this name on this architecture.
        case unknownSystemCall(String)
        /// The system call succeeded, and what it asked for is not in force.
        case notInForce
        case unknownUser(String)
    }

    package let step: Step
    package let cause: Cause

    package init(_ step: Step, _ cause: Cause) {
        self.step = step
        self.cause = cause
    }

    init(_ step: Step, errno: Int32) { self.init(step, .refused(errno: errno)) }
}

extension ConfinementError: CustomStringConvertible {
    package var description: String { "\(step.rawValue) failed: \(reason); \(remedy)" }

    private var reason: String {
        switch cause {
        case .refused(let number): errorText(number)
        case .severalThreads(let count): "the process has \(count) threads"
        case .unreadableProcess(let error): "\(error)"
        case .unknownSystemCall(let name): "libseccomp doesn't know the system call \(name)"
        case .notInForce: "the kernel accepted it without effect"
        case .unknownUser(let name): "there is no user \(printable(name))"
        }
    }

    private var remedy: String {
        switch cause {
        case .severalThreads: "this is an error of Sonde: please report it"
        case .unreadableProcess: "mount /proc"
        case .unknownSystemCall: "install libseccomp 2.5 or later"
        case .unknownUser: "create it with `useradd --system`, or name another one"
        case .refused, .notInForce: refusalRemedy
        }
    }

    private var refusalRemedy: String {
        switch step {
        case .user, .groups:
            "start as root with CAP_SETUID and CAP_SETGID, in a user namespace that has this user, or as this user"
        case .capabilities, .ambientCapabilities: "start with the capabilities that are to be kept"
        case .systemCallFilter: "use a kernel with CONFIG_SECCOMP_FILTER, in a container that allows seccomp(2)"
        case .fileAccess, .noNewPrivileges: "use Linux 5.13 or later, in a container that allows these system calls"
        case .limits: "raise the hard limits of the shell or service that starts Sonde (`ulimit -H`)"
        case .dumpable, .descriptors: "use Linux 5.9 or later, in a container that allows prctl(2) and close_range(2)"
        }
    }
}
