import CLinux
package import ProfileModel

/// What a process's memory is, where its resident size doesn't show that: `smaps_rollup` or `smaps`, proc_pid_smaps(5), in
/// bytes and all of one moment.
package struct MemoryComposition: Hashable, Sendable {
    /// Pages in RAM that no file backs.
    package let anonymous: UInt64
    /// Those of them that the process has given back by MADV_FREE, and that stay in RAM until the host is short of memory.
    package let lazilyFreed: UInt64
    /// Pages of hugetlbfs that no other process maps; no resident size has them.
    package let hugeTLB: UInt64
    /// Shared memory of which this process alone maps what is in RAM, each page once; `nil` of a rollup, which doesn't show it.
    package let ownShared: UInt64?

    /// Bytes below which it makes no difference what memory is.
    private static let least: UInt64 = 1 << 20

    package init(_ rollup: SmapsRollup) {
        anonymous = rollup.anonymousBytes
        lazilyFreed = rollup.lazilyFreedBytes
        hugeTLB = rollup.privateHugeTLBBytes
        ownShared = nil
    }

    /// - Parameter files: Those in memory that the process holds.
    package init(_ smaps: Smaps, files: [MemoryFile] = []) {
        self.init(smaps, smaps.sharedMemory(files: files))
    }

    fileprivate init(_ smaps: Smaps, _ shared: [SharedMemoryUse.Key: SharedMemoryUse]) {
        let total = smaps.entries.reduce(into: MemoryAmount()) { $0 += $1.amount }
        anonymous = total.anonymous
        lazilyFreed = total.lazilyFreed
        hugeTLB = total.privateHugeTLB
        ownShared = shared.values.reduce(0) { $0 &+ $1.own }
    }

    /// Anonymous pages without those that were freed lazily; `nil` where too little was read to distinguish the two.
    package var anonymousInUse: UInt64? {
        lazilyFreed >= Self.least ? anonymous - min(lazilyFreed, anonymous) : nil
    }

    /// Whether there is more in it than anonymous memory in use.
    package var isMixed: Bool { [lazilyFreed, hugeTLB, ownShared ?? 0].contains { $0 >= Self.least } }
}

extension MemoryMapping {
    /// Whether it is memory that processes can share: shm_open(3), memfd_create(2), shmget(2), a shared anonymous mapping.
    package var isSharedMemory: Bool {
        if name.isEmpty { return permissions.contains(.shared) }
        return ["/dev/shm/", "/memfd:", "/SYSV", "/dev/zero", "[anon_shmem"].contains { name.hasPrefix($0) }
    }
}

extension ProcessDirectory {
    /// Needs the permission to trace the process; the kernel walks its page tables, holds its mmap lock meanwhile, and writes
    /// a paragraph for each mapping.
    ///
    /// The buffer is scratch space that keeps its capacity between calls.
    package func smaps(using buffer: inout [UInt8], limit: Int = 64 << 20) throws(ProcFSError) -> Smaps {
        try read("smaps", into: &buffer, limit: limit)
        return try Smaps(parsing: buffer.span)
    }

    /// What its memory is, and the files in memory that it holds and has not mapped.
    ///
    /// - Parameter byMapping: Whether each mapping is read: else kinds of shared memory aren't distinguished, and no files are searched.
    package func memoryComposition(
        byMapping: Bool, using buffer: inout [UInt8]
    ) throws(ProcFSError) -> (composition: MemoryComposition, files: [MemoryFile]) {
        guard byMapping else { return (MemoryComposition(try smapsRollup(using: &buffer)), []) }
        let files = try memoryFiles()
        let smaps = try smaps(using: &buffer)
        let shared = smaps.sharedMemory(files: files)
        return (MemoryComposition(smaps, shared), files.compactMap { $0.unmapped(in: shared) })
    }
}

extension ProcessID {
    /// Whether both have one address space, by kcmp(2); no, too, where the kernel doesn't say.
    package func sharesMemory(with other: ProcessID) -> Bool { clinux_share_memory(rawValue, other.rawValue) == 1 }
}
