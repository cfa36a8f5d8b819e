import ProcFS

/// The memory that cgroups may use, each looked up once an interval however many processes share it.
struct MemoryLimits {
    private enum Hierarchy: Hashable { case unified, memory }

    private struct Place: Hashable {
        let hierarchy: Hierarchy
        let path: String
    }

    /// The lowest limit of a cgroup and those above it.
    private struct Entry {
        var lowest: UInt64?
        var readAt: Double
    }

    /// Of deeper paths only the lower end counts; PATH_MAX bounds them anyway.
    private static let deepest = 128

    private let cgroups: CgroupFS
    private var entries: [Place: Entry] = [:]
    private var cleaning = Turn()

    init(_ cgroups: CgroupFS) { self.cgroups = cgroups }

    /// The lowest limit on the way from the process's cgroup to the root, or all memory of the host.
    mutating func limit(
        of cgroup: ProcessCgroup, hostMemory: UInt64, at now: Double, interval: Double
    ) -> MemoryLimit {
        let limits = [
            cgroup.unified.flatMap { lowest(Place(hierarchy: .unified, path: $0), at: now, interval: interval) },
            cgroup.memory.flatMap { lowest(Place(hierarchy: .memory, path: $0), at: now, interval: interval) },
        ]
        guard let lowest = limits.compactMap({ $0 }).min(), lowest < hostMemory else {
            return MemoryLimit(bytes: hostMemory, source: .host)
        }
        return MemoryLimit(bytes: lowest, source: .cgroup)
    }

    /// Forgets, once an interval, the cgroups that nobody has asked for during two of them.
    mutating func forgetUnused(at now: Double, interval: Double) {
        guard cleaning.isDue(at: now, interval: interval, of: 0) else { return }
        cleaning.take(at: now)
        entries = entries.filter { now - $0.value.readAt < 2 * interval }
    }

    private mutating func lowest(_ place: Place, at now: Double, interval: Double) -> UInt64? {
        // A cgroup namespace shows what lies outside of it by `..`: another process's way, not ours.
        guard !place.path.split(separator: "/").contains("..") else { return nil }
        return lowest(place, at: now, interval: interval, depth: 0)
    }

    private mutating func lowest(_ place: Place, at now: Double, interval: Double, depth: Int) -> UInt64? {
        if let entry = entries[place], now - entry.readAt < interval { return entry.lowest }
        var lowest = ownLimit(place)
        if place.path != "/", !place.path.isEmpty, depth < Self.deepest {
            let parent = Place(hierarchy: place.hierarchy, path: Self.parent(of: place.path))
            let above = self.lowest(parent, at: now, interval: interval, depth: depth + 1)
            lowest = [lowest, above].compactMap { $0 }.min()
        }
        entries[place] = Entry(lowest: lowest, readAt: now)
        return lowest
    }

    private func ownLimit(_ place: Place) -> UInt64? {
        let path = place.path == "/" ? "" : place.path
        return switch place.hierarchy {
        case .unified: cgroups.unifiedLimit(of: path)
        case .memory: cgroups.memoryLimit(of: path)
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
