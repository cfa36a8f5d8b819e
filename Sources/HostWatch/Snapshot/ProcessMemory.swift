package import MemoryTrends
package import ProcFS

/// A process's memory in bytes.
package struct ProcessMemory: Equatable, Sendable {
    package var resident: UInt64
    /// Resident pages that no file backs, without shared memory.
    package var anonymous: UInt64
    /// Anonymous memory that is swapped out; read at the slower interval of `status`.
    package var swap: Known<UInt64>
    package var virtual: UInt64
    /// Proportional set size of `smaps_rollup`; `.notRead` unless configured.
    package var proportional: Known<UInt64>
    /// Page tables, which are in no resident size; 0 where the kernel doesn't say.
    package var pageTables: UInt64
    /// What of it was freed lazily, is shared, or is in huge pages; read of processes that have grown.
    package var composition: Known<MemoryComposition>
    /// Files of memfd_create(2), and unlinked files of a tmpfs, that this process alone holds, as far as they aren't mapped.
    package var memoryFiles: UInt64
    /// Whether it is the parent's memory, which a process has between vfork(2) and execve(2): sums count it once.
    package var isParents: Bool
    package var limit: MemoryLimit
    /// What is left until its cgroup's limit is reached, or the host's memory and swap are full, by all who use them.
    package var room: MemoryRoom

    package init(
        resident: UInt64, anonymous: UInt64, swap: Known<UInt64>, virtual: UInt64, proportional: Known<UInt64>,
        pageTables: UInt64 = 0, composition: Known<MemoryComposition> = .notRead, memoryFiles: UInt64 = 0,
        isParents: Bool = false, limit: MemoryLimit, room: MemoryRoom = .unknown
    ) {
        self.resident = resident
        self.anonymous = anonymous
        self.swap = swap
        self.virtual = virtual
        self.proportional = proportional
        self.pageTables = pageTables
        self.composition = composition
        self.memoryFiles = memoryFiles
        self.isParents = isParents
        self.limit = limit
        self.room = room
    }

    /// What leaks fill: the memory that is the process's own, in RAM and swapped out.
    ///
    /// Anonymous memory and what leaks as it does: page tables, shared memory and files in memory that no other process uses,
    /// and pages of hugetlbfs. Without what was freed lazily, which is of one moment with the anonymous memory that it is
    /// part of: both are as of the latest reading of the composition then.
    package var leakable: UInt64 { charged &+ (composition.value?.hugeTLB ?? 0) }

    /// The same without pages of hugetlbfs, which fill no memory limit.
    package var charged: UInt64 {
        let inUse = composition.value?.anonymousInUse ?? anonymous
        return inUse &+ (swap.value ?? 0) &+ pageTables &+ (composition.value?.ownShared ?? 0) &+ memoryFiles
    }

    /// Whether `charged` is anonymous memory, in RAM and swapped out, and nothing else.
    package var isPlain: Bool { charged == anonymous &+ (swap.value ?? 0) }

    /// What was freed lazily and is left out of `leakable`; `nil` where that is nothing.
    package var lazilyFreed: UInt64? { composition.value.flatMap { $0.anonymousInUse == nil ? nil : $0.lazilyFreed } }
}
