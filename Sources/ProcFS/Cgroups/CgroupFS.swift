import Glibc
import SystemSupport

/// The mounted cgroup file systems, or a directory that looks like them.
package struct CgroupFS: Sendable {
    /// Where cgroup v2 is found, alone or beside v1 hierarchies.
    package let unifiedRoot: String
    /// Where the v1 hierarchy of the memory controller is found, if there is one.
    package let memoryRoot: String?

    package init(root: String = "/sys/fs/cgroup") {
        if Self.exists("\(root)/cgroup.controllers") {
            unifiedRoot = root
            memoryRoot = nil
        } else {
            unifiedRoot = "\(root)/unified"
            memoryRoot = Self.exists("\(root)/memory") ? "\(root)/memory" : nil
        }
    }

    private static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// The lower of what `memory.max` and `memory.high` of a cgroup v2 allow; `nil` where it has no limit.
    ///
    /// Throws where there is one that can't be read, as when the kernel is short of memory.
    package func unifiedLimit(of path: String) throws(ProcFSError) -> CgroupLimit? {
        let directory = "\(unifiedRoot)\(path)"
        let max = try Self.limit(in: "\(directory)/memory.max", .max)
        let high = try Self.limit(in: "\(directory)/memory.high", .high)
        guard let max, let high else { return max ?? high }
        return high.bytes < max.bytes ? high : max
    }

    /// What a cgroup of v1's memory controller may use itself; `nil` where it has no limit.
    package func memoryLimit(of path: String) throws(ProcFSError) -> CgroupLimit? {
        guard let memoryRoot,
            let limit = try Self.limit(in: "\(memoryRoot)\(path)/memory.limit_in_bytes", .max),
            limit.bytes < Self.unlimited
        else { return nil }
        return limit
    }

    /// What a cgroup v2 and those below it use; `nil` where that can't be read.
    package func unifiedUse(of path: String) -> CgroupUse? {
        let directory = "\(unifiedRoot)\(path)"
        guard let current = Self.known("\(directory)/memory.current") else { return nil }
        let stat = Self.stat(
            in: directory,
            [
                "inactive_file", "active_file", "slab_reclaimable", "inactive_anon", "active_anon", "anon", "shmem",
                "swapcached",
            ])
        // A kernel that counts no slab for cgroups has none of it in the sum.
        return CgroupUse(
            current: current, inactiveFile: stat["inactive_file"], activeFile: stat["active_file"],
            kernel: stat["slab_reclaimable"] ?? 0, unmapped: stat.unmappedAnonymous(prefix: "", anonymous: "anon"))
    }

    /// What a cgroup of v1's memory controller and those below it use; `nil` where that can't be read.
    package func memoryUse(of path: String) -> CgroupUse? {
        guard let memoryRoot else { return nil }
        let directory = "\(memoryRoot)\(path)"
        guard let current = Self.known("\(directory)/memory.usage_in_bytes") else { return nil }
        let stat = Self.stat(
            in: directory,
            ["inactive_file", "active_file", "inactive_anon", "active_anon", "rss", "shmem", "swapcached"]
                .map { "total_\($0)" })
        return CgroupUse(
            current: current, inactiveFile: stat["total_inactive_file"], activeFile: stat["total_active_file"],
            kernel: Self.known("\(directory)/memory.kmem.usage_in_bytes") ?? 0,
            unmapped: stat.unmappedAnonymous(prefix: "total_", anonymous: "rss"))
    }

    /// `memory.stat` has some 50 lines, of 30 bytes.
    private static let statLimit = 64 << 10

    /// Without fields when it can't be read.
    private static func stat(in directory: String, _ names: [String]) -> CgroupMemoryStat {
        var bytes: [UInt8] = []
        let file = "\(directory)/memory.stat"
        try? OwnedDescriptor.open(file, flags: O_RDONLY).readUpTo(statLimit, into: &bytes, file: file)
        return CgroupMemoryStat(parsing: bytes.span, names: names)
    }

    /// What v1 shows for no limit: the largest signed number, in whole pages (PAGE_COUNTER_MAX).
    private static let unlimited = UInt64(Int64.max) & ~0xFFFF

    private static func limit(in path: String, _ kind: CgroupLimit.Kind) throws(ProcFSError) -> CgroupLimit? {
        try number(in: path).map { CgroupLimit(bytes: $0, kind: kind) }
    }

    private static func known(_ path: String) -> UInt64? { (try? number(in: path)) ?? nil }

    /// The number that a file holds; `nil` for `max`, and where there is no such cgroup in sight.
    private static func number(in path: String) throws(ProcFSError) -> UInt64? {
        var bytes: [UInt8] = []
        do {
            try OwnedDescriptor.open(path, flags: O_RDONLY).readRecord(into: &bytes, file: path)
        } catch .vanished {
            return nil
        } catch {
            throw error
        }
        var scanner = ByteScanner()
        return scanner.decimal(bytes.span)
    }
}

extension CgroupUse {
    /// `kernel`: its memory that can be taken back; `unmapped`: anonymous pages that can.
    fileprivate init(
        current: UInt64, inactiveFile: UInt64?, activeFile: UInt64?, kernel: UInt64, unmapped: UInt64
    ) {
        var unreclaimable: UInt64?
        if let inactiveFile, let activeFile {
            // Not read at one moment, the parts may be more than the whole.
            unreclaimable = [inactiveFile, activeFile, kernel, unmapped].reduce(current) { $0 - min($1, $0) }
        }
        self.init(current: current, inactiveFile: min(inactiveFile ?? 0, current), unreclaimable: unreclaimable)
    }
}
