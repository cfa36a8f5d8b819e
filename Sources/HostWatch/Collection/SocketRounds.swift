import ProcFS

/// Which sockets there are, and of which the owner is still to be found, so that descriptors are read only where something
/// has changed.
struct SocketRounds {
    /// All sockets of a namespace, by inode.
    typealias Sockets = [UInt64: TCPSocket]

    static let mostSockets = 200_000
    static let mostDescriptors = 100_000
    /// When there are more network namespaces, besides the agent's own, so many are read at a time, round robin.
    static let mostNamespaces = 64
    /// Each so many rounds the sockets of every process are read, also where nothing seems to have changed.
    private static let completeEvery = 20

    var turn = Turn()
    private(set) var round = 0
    /// Whether the last round has found the sockets of all processes.
    private(set) var hasAll = false
    /// What was found in each namespace the last time; `nil` for one that could not be read.
    private(set) var namespaces: [String: Known<Sockets>] = [:]
    /// Inodes for which no owner was found, and none is searched again.
    private var ownerless: Set<UInt64> = []
    private var known: Set<UInt64> = []
    /// Inodes that were not there the last time, and whose owners are not found yet.
    private(set) var wanted: Set<UInt64> = []

    /// Whether there are too many namespaces to read them all.
    private(set) var isRotating = false
    /// Namespaces whose sockets were read when it was their turn.
    private var visited: Set<String> = []
    /// Where the next round goes on among them.
    private var nextNamespace = 0

    /// Whether this round reads the sockets of every process.
    var isComplete: Bool { round % Self.completeEvery == 0 }

    mutating func begin() {
        round += 1
        namespaces.removeAll(keepingCapacity: true)
        guard isComplete else { return }
        ownerless.removeAll()
        if isRotating { known.removeAll() }
    }

    /// Those of the namespaces that are read in this round; they come in one order in each.
    mutating func choose(among names: [String], own: String?) -> [String] {
        let others = names.filter { $0 != own }
        visited.formIntersection(names)
        isRotating = others.count > Self.mostNamespaces
        guard isRotating else { return names }
        let start = nextNamespace % others.count
        nextNamespace = start + Self.mostNamespaces
        return names.filter { $0 == own } + (0..<Self.mostNamespaces).map { others[(start + $0) % others.count] }
    }

    /// Whether the namespace's turn is in another round.
    func isWaiting(_ namespace: Known<String>) -> Bool {
        isRotating && namespace.value.map { namespaces[$0] == nil } ?? false
    }

    /// Whether the sockets of a namespace that is waiting were read before.
    func isVisited(_ namespace: Known<String>) -> Bool { namespace.value.map(visited.contains) ?? false }

    mutating func add(_ sockets: Known<[TCPSocket]>, of namespace: String) {
        if sockets.value == nil { visited.remove(namespace) } else { visited.insert(namespace) }
        namespaces[namespace] = sockets.map { list in
            var byInode = Sockets(minimumCapacity: list.count)
            for socket in list { byInode[socket.inode] = socket }
            return byInode
        }
    }

    /// Call it when all namespaces are added.
    mutating func findWanted() {
        var present: Set<UInt64> = []
        for sockets in namespaces.values.compactMap(\.value) { present.formUnion(sockets.keys) }
        wanted = present.subtracting(known).subtracting(ownerless)
        guard !isRotating else { return known.formUnion(present) }
        ownerless.formIntersection(present)
        known = present
    }

    mutating func found(_ inodes: [UInt64]) {
        guard !wanted.isEmpty else { return }
        for inode in inodes { wanted.remove(inode) }
    }

    /// The owners of what is still wanted can't be read.
    mutating func endSearch() {
        ownerless.formUnion(wanted)
        known.subtract(ownerless)
        wanted.removeAll()
    }

    mutating func end(hasAll: Bool) { self.hasAll = hasAll }

    /// What was counted is out of date; the next round is due.
    mutating func invalidate() {
        hasAll = false
        turn = Turn()
    }
}

/// What is known of a process's sockets.
struct ProcessSockets {
    /// Its network namespace as the kernel words it, `net:[4026531840]`.
    var namespace: Known<String> = .notRead
    /// The inodes of its sockets of any kind.
    var inodes: Known<[UInt64]> = .notRead
    /// Whether files in memory were among its descriptors then.
    var hasMemoryFiles = false
    /// Its connections as of its namespace's turn, while namespaces are read in turn.
    var connections: Known<Set<TCPSocket>>?
    /// How many descriptors it had then.
    var descriptorCount: UInt64 = 0
    /// The round in which that was read; `nil` when it must be read again.
    var round: Int?
}
