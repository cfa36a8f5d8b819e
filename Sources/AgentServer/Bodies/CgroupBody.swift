import HostWatch
import ProcFS
import ProfileModel

/// A cgroup with a memory limit of its own; bytes, and percent of 0 to 100.
struct CgroupBody: Encodable, Sendable {
    struct Member: Encodable, Sendable {
        let pid: Int32
        let command: String
        let anonymousBytes: UInt64
    }

    let path: String
    let limitBytes: UInt64
    /// `max` or `high`.
    let limitKind: String
    @Nullable var currentBytes: UInt64?
    @Nullable var unreclaimableBytes: UInt64?
    /// Of the limit.
    @Nullable var unreclaimablePercent: Double?
    let group: String
    let processes: Int
    @Nullable var largestProcess: Member?

    init(_ cgroup: CgroupMemory) {
        path = cgroup.path
        limitBytes = cgroup.limit.bytes
        limitKind = cgroup.limit.kind.rawValue
        currentBytes = cgroup.use?.current
        unreclaimableBytes = cgroup.use?.unreclaimable
        unreclaimablePercent = cgroup.unreclaimableShare.map { $0 * 100 }
        group = cgroup.group
        processes = cgroup.processes
        largestProcess = cgroup.largest.map {
            Member(pid: $0.process.rawValue, command: $0.command, anonymousBytes: $0.anonymous)
        }
    }
}
