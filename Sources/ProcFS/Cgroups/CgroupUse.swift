/// Memory that a cgroup and those below it use, in bytes.
package struct CgroupUse: Hashable, Sendable {
    /// `memory.current`, or `memory.usage_in_bytes` of v1: the page cache included.
    package let current: UInt64
    /// Page cache that nobody has used lately, which the kernel takes back first; zero where `memory.stat` doesn't say.
    package let inactiveFile: UInt64
    /// All but page cache, reclaimable slab and the freed parts of huge pages, which the kernel takes back before it kills; `nil`
    /// where `memory.stat` doesn't say.
    ///
    /// Shared memory and tmpfs are in it, and anonymous memory also where swap could take it. v1 doesn't say which kernel
    /// memory can be taken back, and has none of it in here: directory entries can be most of what a build uses.
    package let unreclaimable: UInt64?

    package init(current: UInt64, inactiveFile: UInt64, unreclaimable: UInt64?) {
        self.current = current
        self.inactiveFile = inactiveFile
        self.unreclaimable = unreclaimable
    }

    /// What can't be had back at once (cAdvisor's working set).
    package var working: UInt64 { current - min(inactiveFile, current) }
}

/// What a cgroup's memory may grow to, in bytes.
package struct CgroupLimit: Hashable, Sendable {
    package enum Kind: String, Sendable {
        /// `memory.max`, or `memory.limit_in_bytes` of v1: the kernel kills.
        case max
        /// `memory.high`: the kernel holds the processes up until they hardly run.
        case high
    }

    package let bytes: UInt64
    package let kind: Kind

    package init(bytes: UInt64, kind: Kind) {
        self.bytes = bytes
        self.kind = kind
    }
}

/// The lines of a cgroup's `memory.stat`, `NAME NUMBER`.
struct CgroupMemoryStat {
    private var fields: [String: UInt64] = [:]

    /// Takes the fields that are asked for; a line that has no number, or too large a one, is none.
    init(parsing bytes: Span<UInt8>, names: [String]) {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            let line = bytes.extracting(scanner.line(bytes))
            for name in names where fields[name] == nil {
                var words = ByteScanner()
                guard words.accept(word: "\(name) ", line) else { continue }
                fields[name] = words.decimal(line)
            }
        }
    }

    subscript(name: String) -> UInt64? { fields[name] }

    /// Bytes on the lists of anonymous and shared memory that nothing maps: a huge page of which a part was freed stays whole
    /// until the kernel is short of memory, and then is split (Documentation/admin-guide/mm/transhuge).
    ///
    /// At least so much, and 0 where that isn't known: lazily freed pages are mapped, and on the lists of files.
    func unmappedAnonymous(prefix: String, anonymous: String) -> UInt64 {
        guard let inactive = self["\(prefix)inactive_anon"], let active = self["\(prefix)active_anon"],
            let mapped = self["\(prefix)\(anonymous)"], let shared = self["\(prefix)shmem"]
        else { return 0 }
        let listed = inactive &+ active
        return [mapped, shared, self["\(prefix)swapcached"] ?? 0].reduce(listed) { $0 - min($1, $0) }
    }
}
