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

    /// What a cgroup v2 and those below it use; `nil` where that can't be read.
    package func unifiedUse(of path: String) -> CgroupUse? {
        Self.use(in: "\(unifiedRoot)\(path)", current: "memory.current", inactive: "inactive_file")
    }

    /// What a cgroup of v1's memory controller and those below it use; `nil` where that can't be read.
    package func memoryUse(of path: String) -> CgroupUse? {
        memoryRoot.flatMap {
            Self.use(in: "\($0)\(path)", current: "memory.usage_in_bytes", inactive: "total_inactive_file")
        }
    }

    private static func use(in directory: String, current: String, inactive: String) -> CgroupUse? {
        guard let used = number(in: "\(directory)/\(current)") else { return nil }
        var bytes: [UInt8] = []
        let file = "\(directory)/memory.stat"
        let isRead = (try? Descriptor.open(file, flags: O_RDONLY).readUpTo(statLimit, into: &bytes, file: file)) != nil
        let reclaimable = isRead ? field(inactive, bytes.span) ?? 0 : 0
        return CgroupUse(current: used, reclaimable: min(reclaimable, used))
    }

    /// `memory.stat` has some 50 lines, of 30 bytes.
    private static let statLimit = 64 << 10

    private static func field(_ name: String, _ bytes: Span<UInt8>) -> UInt64? {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            let line = bytes.extracting(scanner.line(bytes))
            var words = ByteScanner()
            if words.accept(word: "\(name) ", line) { return words.decimal(line) }
        }
        return nil
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

/// Memory that a cgroup and those below it use, in bytes.
package struct CgroupUse: Hashable, Sendable {
    /// `memory.current`, or `memory.usage_in_bytes` of v1: the page cache included.
    package let current: UInt64
    /// The part that is page cache which nobody has used lately; zero where `memory.stat` doesn't say.
    ///
    /// The kernel takes it back before it kills.
    package let reclaimable: UInt64

    package init(current: UInt64, reclaimable: UInt64) {
        self.current = current
        self.reclaimable = reclaimable
    }

    /// What can't be had back at once.
    package var working: UInt64 { current - min(reclaimable, current) }
}
