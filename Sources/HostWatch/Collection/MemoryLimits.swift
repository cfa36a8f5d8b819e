package import MemoryTrends
package import ProcFS

/// The memory that cgroups may use and use, each read once an interval however many processes share it.
struct MemoryLimits {
    private enum Hierarchy: Hashable { case unified, memory }

    private struct Place: Hashable {
        let hierarchy: Hierarchy
        let path: String

        /// The way that a process's cgroup has to the root; `nil` where the path leads out of it.
        init?(_ hierarchy: Hierarchy, _ path: String?) {
            // A cgroup namespace shows what lies outside of it by `..`, relative to another root.
            guard let path, !path.split(separator: "/").contains("..") else { return nil }
            self.init(hierarchy: hierarchy, path: path)
        }

        private init(hierarchy: Hierarchy, path: String) {
            self.hierarchy = hierarchy
            self.path = path
        }

        /// `nil` for the root.
        var parent: Place? {
            guard path != "/", !path.isEmpty else { return nil }
            guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
                return Place(hierarchy: hierarchy, path: "/")
            }
            return Place(hierarchy: hierarchy, path: String(path[..<slash]))
        }
    }

    private struct Entry {
        /// The cgroup's own.
        var own: LimitedCgroup?
        /// The lowest limit of the cgroup and those above it, and what the fullest of them leaves.
        var lowest: UInt64?
        var room: Known<UInt64>?
        var readAt: Double
    }

    /// Of deeper paths only the lower end counts; PATH_MAX bounds them anyway.
    private static let deepest = 128

    private let cgroups: CgroupFS
    private var entries: [Place: Entry] = [:]
    private var cleaning = Turn()

    init(_ cgroups: CgroupFS) { self.cgroups = cgroups }

    /// The lowest limit on the way from the process's cgroup to the root, or all memory of the host; and how many bytes the
    /// fullest cgroup on that way still has, `nil` where none has a limit.
    mutating func limit(
        of cgroup: ProcCgroup?, hostMemory: UInt64, at now: Double, interval: Double
    ) -> (limit: MemoryLimit, room: Known<UInt64>?) {
        let places = [Place(.unified, cgroup?.unified), Place(.memory, cgroup?.memory)].compactMap { $0 }
        let entries = places.map { entry(of: $0, at: now, interval: interval, depth: 0) }
        let room = Self.least(entries.map(\.room))
        guard let lowest = entries.compactMap(\.lowest).min(), lowest < hostMemory else {
            return (MemoryLimit(bytes: hostMemory, source: .host), room)
        }
        return (MemoryLimit(bytes: lowest, source: .cgroup), room)
    }

    /// The cgroups on the ways to the roots that have limits below the host's memory, each read once for all processes of
    /// a collection.
    ///
    /// Not those whose limit is no lower than that of one above them, which fills first: a pod's only container, say.
    mutating func limited(
        of places: ProcessCgroup.Places, below hostMemory: UInt64, at now: Double
    ) -> [LimitedCgroup] {
        var found: [LimitedCgroup] = []
        for start in [Place(.unified, places.unified), Place(.memory, places.memory)].compactMap({ $0 }) {
            _ = entry(of: start, at: now, interval: 0, depth: 0)
            var next: Place? = start
            for _ in 0...Self.deepest {
                guard let place = next else { break }
                next = place.parent
                let above = min(next.flatMap { entries[$0]?.lowest } ?? .max, hostMemory)
                if let own = entries[place]?.own, own.limit.bytes < above { found.append(own) }
            }
        }
        return found
    }

    /// Evicts, once an interval, the cgroups that were not needed during two of them.
    mutating func evictUnused(at now: Double, interval: Double) {
        guard cleaning.isDue(at: now, interval: interval, of: 0) else { return }
        cleaning.take(at: now)
        entries = entries.filter { now - $0.value.readAt < 2 * interval }
    }

    private mutating func entry(of place: Place, at now: Double, interval: Double, depth: Int) -> Entry {
        if let entry = entries[place], entry.readAt == now || now - entry.readAt < interval { return entry }
        // A limit that can't be read for a while is still there.
        let limit = known { () throws(ProcFSError) in try ownLimit(place) }.value ?? entries[place]?.own?.limit
        var entry = Entry(lowest: limit?.bytes, readAt: now)
        if let limit {
            let use = ownUse(place)
            entry.own = LimitedCgroup(path: place.path, limit: limit, use: use)
            entry.room = use.map { .value(limit.bytes - min($0.working, limit.bytes)) } ?? .notOffered
        }
        if let parent = place.parent, depth < Self.deepest {
            let above = self.entry(of: parent, at: now, interval: interval, depth: depth + 1)
            entry.lowest = [limit?.bytes, above.lowest].compactMap { $0 }.min()
            entry.room = Self.least([entry.room, above.room])
        }
        entries[place] = entry
        return entry
    }

    /// Not known where one of them is not.
    private static func least(_ rooms: [Known<UInt64>?]) -> Known<UInt64>? {
        rooms.compactMap { $0 }.reduce(nil) { least, room in
            least?.flatMap { least in room.map { min(least, $0) } } ?? room
        }
    }

    private func ownLimit(_ place: Place) throws(ProcFSError) -> CgroupLimit? {
        let path = place.path == "/" ? "" : place.path
        return switch place.hierarchy {
        case .unified: try cgroups.unifiedLimit(of: path)
        case .memory: try cgroups.memoryLimit(of: path)
        }
    }

    private func ownUse(_ place: Place) -> CgroupUse? {
        let path = place.path == "/" ? "" : place.path
        return switch place.hierarchy {
        case .unified: cgroups.unifiedUse(of: path)
        case .memory: cgroups.memoryUse(of: path)
        }
    }
}

/// A cgroup's own limit and its use, `nil` where that can't be read.
struct LimitedCgroup: Hashable {
    let path: String
    let limit: CgroupLimit
    let use: CgroupUse?
}

extension MemoryLimit {
    /// The limit of one process and what is left below it, read now.
    ///
    /// Fails where the process's cgroup can't be read.
    package static func read(
        of process: borrowing ProcessDirectory, in procfs: ProcFS, cgroups: CgroupFS = CgroupFS()
    ) throws(ProcFSError) -> (limit: MemoryLimit, room: MemoryRoom) {
        let host = try? MemInfo(parsing: procfs.bytes(of: "meminfo"))
        var buffer: [UInt8] = []
        let cgroup = try process.cgroup(using: &buffer)
        var limits = MemoryLimits(cgroups)
        let found = limits.limit(of: cgroup, hostMemory: host?.total ?? MemInfo.installedBytes, at: 0, interval: 0)
        let room = host.map { $0.available &+ $0.swapFree }
        return (found.limit, MemoryRoom(host: room, cgroups: found.room))
    }
}

extension MemoryRoom {
    /// The least of what the host and a process's cgroups leave; `host` is `nil` where that isn't known, `cgroups` where none
    /// of them has a limit.
    init(host: UInt64?, cgroups: Known<UInt64>?) {
        guard let host else {
            self = .unknown
            return
        }
        switch cgroups {
        case nil: self = .shared(host)
        case .value(let room): self = .shared(min(room, host))
        case .notPermitted, .notOffered, .notRead: self = .unknown
        }
    }
}
