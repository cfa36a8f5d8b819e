package import ProcFS

/// The memory of a cgroup with a limit of its own, with all that lives in it and below: each page counts once.
package struct CgroupMemory: Equatable, Sendable {
    /// As the kernel words it, `/system.slice/redis.service`.
    package let path: String
    /// Bytes, by `memory.max` and `memory.high`, or `memory.limit_in_bytes`.
    package let limit: UInt64
    /// `nil` where that can't be read.
    package let use: CgroupUse?
    /// The group of watched processes of which most live in it; of equals the first by name.
    package let group: String
    /// The watched processes that live in it.
    package let processes: Int

    package init(path: String, limit: UInt64, use: CgroupUse?, group: String, processes: Int) {
        self.path = path
        self.limit = limit
        self.use = use
        self.group = group
        self.processes = processes
    }

    /// The share of the limit that can't be had back at once, 0 to 1; `nil` where the use isn't known.
    package var limitShare: Double? {
        use.map { limit == 0 ? 1 : min(Double($0.working) / Double(limit), 1) }
    }
}
