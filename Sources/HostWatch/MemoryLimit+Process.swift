package import MemoryTrends
package import ProcFS

extension MemoryLimit {
    /// The limit of one process and what is left below it, read now.
    ///
    /// Fails where the process's cgroup or the host's memory can't be told.
    package static func read(
        of process: borrowing ProcessDirectory, in procfs: ProcFS, cgroups: CgroupFS = CgroupFS()
    ) throws(ProcFSError) -> (limit: MemoryLimit, room: MemoryRoom) {
        let host = try MemInfo(parsing: procfs.bytes(of: "meminfo"))
        var buffer: [UInt8] = []
        let cgroup = try process.cgroup(using: &buffer)
        var limits = MemoryLimits(cgroups)
        let found = limits.limit(of: cgroup, hostMemory: host.total, at: 0, interval: 0)
        return (found.limit, MemoryRoom(host: host.available &+ host.swapFree, cgroups: found.room))
    }
}
