package import ProcFS

extension MemoryLimit {
    /// The limit of one process, read now.
    ///
    /// Fails where the process's cgroup or the host's memory can't be told.
    package init(
        of process: borrowing ProcessDirectory, in procfs: ProcFS, cgroups: CgroupFS = CgroupFS()
    ) throws(ProcFSError) {
        let host = try MemInfo(parsing: procfs.bytes(of: "meminfo"))
        var buffer: [UInt8] = []
        let cgroup = try process.cgroup(using: &buffer)
        var limits = MemoryLimits(cgroups)
        self = limits.limit(of: cgroup, hostMemory: host.total, at: 0, interval: 0).limit
    }
}
