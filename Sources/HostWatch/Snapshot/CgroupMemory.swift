package import ProcFS
package import ProfileModel

/// The memory of a cgroup with a limit of its own, with all that lives in it and below: each page counts once.
package struct CgroupMemory: Equatable, Sendable {
    /// One of the processes that live in it.
    package struct Member: Equatable, Sendable {
        package let process: ProcessID
        /// Hostile text.
        package let command: String
        /// Bytes of RAM that no file backs, without shared memory.
        package let anonymous: UInt64

        package init(process: ProcessID, command: String, anonymous: UInt64) {
            self.process = process
            self.command = command
            self.anonymous = anonymous
        }
    }

    /// As the kernel words it, `/system.slice/redis.service`; its parts have the names that their makers chose.
    package let path: String
    package let limit: CgroupLimit
    /// `nil` where that can't be read.
    package let use: CgroupUse?
    /// The group of watched processes of which most live in it; of equals the first by name.
    package let group: String
    /// The watched processes that live in it.
    package let processes: Int
    /// The one of them that has most anonymous memory.
    package let largest: Member?

    package init(
        path: String, limit: CgroupLimit, use: CgroupUse?, group: String, processes: Int, largest: Member? = nil
    ) {
        self.path = path
        self.limit = limit
        self.use = use
        self.group = group
        self.processes = processes
        self.largest = largest
    }

    /// Unreclaimable memory as a share of the limit, 0 to 1; `nil` where that isn't known.
    package var unreclaimableShare: Double? {
        guard let unreclaimable = use?.unreclaimable else { return nil }
        return limit.bytes == 0 ? 1 : min(Double(unreclaimable) / Double(limit.bytes), 1)
    }
}
