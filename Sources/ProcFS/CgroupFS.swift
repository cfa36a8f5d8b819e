import Glibc

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

    /// What a cgroup v2 may use itself, in bytes, by `memory.max` and `memory.high`; `nil` where it has no limit.
    ///
    /// Beyond the first the kernel kills, beyond the second it holds the processes up until they hardly run.
    package func unifiedLimit(of path: String) -> UInt64? {
        let limits = ["memory.max", "memory.high"].compactMap { Self.number(in: "\(unifiedRoot)\(path)/\($0)") }
        return limits.min()
    }

    /// What a cgroup of v1's memory controller may use itself, in bytes; `nil` where it has no limit.
    package func memoryLimit(of path: String) -> UInt64? {
        guard let memoryRoot,
            let limit = Self.number(in: "\(memoryRoot)\(path)/memory.limit_in_bytes"), limit < Self.unlimited
        else { return nil }
        return limit
    }

    /// What v1 shows for no limit: the largest signed number, in whole pages (PAGE_COUNTER_MAX).
    private static let unlimited = UInt64(Int64.max) & ~0xFFFF

    /// The number that a file holds; `nil` for `max`, and where there is no such cgroup in sight.
    private static func number(in path: String) -> UInt64? {
        var bytes: [UInt8] = []
        do {
            try Descriptor.open(path, flags: O_RDONLY).readRecord(into: &bytes, file: path)
        } catch {
            return nil
        }
        var scanner = ByteScanner()
        return scanner.decimal(bytes.span)
    }
}
