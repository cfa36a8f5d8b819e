import ProcFS
import ProfileModel

/// Counts the TCP connections of all processes when it is time: all at once, since sockets and their owners only fit
/// together when they are read together.
struct ConnectionReader {
    private var rounds = SocketRounds()
    /// `nil` where the proc file system doesn't show this process.
    private let ownNamespace: String?
    /// Whether there are processes that `/proc` doesn't show to this user.
    private let hidesProcesses: Bool

    init(_ procfs: ProcFS) {
        let own = try? procfs.ownProcess().status()
        hidesProcesses = procfs.hidesProcesses && own?.effectiveCapabilities?.contains(.systemPtrace) != true
        ownNamespace = try? procfs.ownProcess().link("ns/net")
    }

    /// Whether the connections of all watched processes could be counted in the last turn.
    var hasAll: Bool { rounds.hasAll }

    /// What was counted is out of date.
    mutating func invalidate() { rounds.invalidate() }

    /// The connections of groups, by number; `nil` when it is not yet time.
    mutating func read(
        _ scan: borrowing ProcessScan, _ context: CollectionContext, _ settings: HostWatchSettings
    ) -> [Int: Known<ConnectionCounts>]? {
        guard rounds.turn.isDue(at: context.now, interval: settings.connectionInterval, of: 0) else { return nil }
        rounds.turn.take(at: context.now)
        rounds.begin()
        let watched = scan.grouped
        readNamespaces(of: watched, scan)
        readOwners(among: watched.filter { !rounds.isWaiting($0.sockets.namespace) }, scan)
        rounds.endSearch()
        return count(watched, scan, ConnectionTally(pools: settings.pools))
    }

    private mutating func count(
        _ watched: [WatchedProcess], _ scan: borrowing ProcessScan, _ tally: ConnectionTally
    ) -> [Int: Known<ConnectionCounts>] {
        var groups: [Int: GroupSockets] = [:]
        var hasAll = !hidesProcesses && !scan.hasUnknown
        for process in watched {
            let isWaiting = rounds.isWaiting(process.sockets.namespace)
            let sockets = (isWaiting ? process.sockets.connections : nil) ?? tcpSockets(of: process)
            process.sockets.connections = rounds.isRotating ? sockets : nil
            process.slow.connections = sockets.map { tally.counts(of: $0) }
            let isMissing = sockets.value == nil && !(isWaiting && isYetToBeRead(process))
            if isMissing { hasAll = false }
            if let group = process.group { groups[group, default: GroupSockets()].add(sockets, isMissing: isMissing) }
        }
        rounds.end(hasAll: hasAll)
        return groups.mapValues { sockets in sockets.known.map { tally.counts(of: $0) } }
    }

    /// Whether it came after the last turn of its namespace: such a count is as old as that turn, and was whole then.
    private func isYetToBeRead(_ process: WatchedProcess) -> Bool {
        process.sockets.round == nil && rounds.isVisited(process.sockets.namespace)
    }

    private mutating func readNamespaces(of watched: [WatchedProcess], _ scan: borrowing ProcessScan) {
        for process in watched
        where rounds.isComplete || process.sockets.round == nil || process.sockets.namespace.value == nil {
            process.sockets.namespace = known { () throws(ProcFSError) in
                try scan.directory(of: process).link("ns/net")
            }
        }
        var names: [String] = []
        var members: [String: WatchedProcess] = [:]
        for process in watched {
            guard let name = process.sockets.namespace.value, members[name] == nil else { continue }
            names.append(name)
            members[name] = process
        }
        for name in rounds.choose(among: names, own: ownNamespace) {
            guard let process = members[name] else { continue }
            rounds.add(Self.sockets(of: process, scan, isOwn: name == ownNamespace), of: name)
        }
        rounds.findWanted()
    }

    /// The sockets of a process's network namespace.
    private static func sockets(
        of process: WatchedProcess, _ scan: borrowing ProcessScan, isOwn: Bool
    ) -> Known<[TCPSocket]> {
        if isOwn {
            do throws(ProcFSError) {
                return .value(try SocketDiagnosis.tcpSockets(limit: SocketRounds.mostSockets))
            } catch .tooLarge {
                // As text they are more still.
                return .notRead
            } catch {
                // A kernel without sock_diag has the text.
            }
        }
        return known { () throws(ProcFSError) in
            let directory = try scan.directory(of: process)
            // Not a kept buffer, whose size would stay.
            var buffer: [UInt8] = []
            var sockets: [TCPSocket] = []
            for file in ["net/tcp", "net/tcp6"] {
                do throws(ProcFSError) {
                    try directory.read(file, into: &buffer, limit: 64 << 20)
                    sockets += try TCPTable(parsing: buffer.span).sockets
                } catch .notOffered where file == "net/tcp6" {
                    // A kernel without IPv6 has no such sockets.
                    continue
                }
            }
            return sockets
        }
    }

    /// Reads the sockets of processes that have changed; then, while sockets without an owner are left, of processes that had
    /// sockets before, and at last of all.
    private mutating func readOwners(among watched: [WatchedProcess], _ scan: borrowing ProcessScan) {
        for process in watched where rounds.isComplete || Self.hasChanged(process, scan) { readSockets(process, scan) }
        for process in watched where !rounds.wanted.isEmpty && process.hasSockets { readSocketsOnce(process, scan) }
        for process in watched where !rounds.wanted.isEmpty { readSocketsOnce(process, scan) }
    }

    private static func hasChanged(_ process: WatchedProcess, _ scan: borrowing ProcessScan) -> Bool {
        guard process.sockets.round != nil, process.sockets.inodes != .notOffered else { return true }
        guard let directory = try? scan.directory(of: process),
            let count = try? scan.table.descriptorCount(of: directory)
        else { return true }
        return count != process.sockets.descriptorCount
    }

    private mutating func readSocketsOnce(_ process: WatchedProcess, _ scan: borrowing ProcessScan) {
        if process.sockets.round != rounds.round { readSockets(process, scan) }
    }

    private mutating func readSockets(_ process: WatchedProcess, _ scan: borrowing ProcessScan) {
        process.sockets.round = rounds.round
        process.sockets.inodes = known { () throws(ProcFSError) in
            do throws(ProcFSError) {
                let directory = try scan.directory(of: process)
                process.sockets.descriptorCount = try scan.table.descriptorCount(of: directory)
                var inodes: [UInt64] = []
                process.sockets.hasMemoryFiles = try directory.readDescriptors(
                    sockets: &inodes, limit: SocketRounds.mostDescriptors)
                return inodes
            } catch .vanished {
                // It has ended, and its sockets with it.
                return []
            }
        }
        rounds.found(process.sockets.inodes.value ?? [])
    }

    /// A process without sockets has no connections whatever its namespace is.
    private func tcpSockets(of process: WatchedProcess) -> Known<Set<TCPSocket>> {
        process.sockets.inodes.flatMap { inodes in
            guard !inodes.isEmpty else { return .value([]) }
            return process.sockets.namespace.flatMap { name in
                (rounds.namespaces[name] ?? .notRead).map { sockets in
                    Set(inodes.lazy.compactMap { sockets[$0] })
                }
            }
        }
    }
}

/// The sockets of a group's processes; sockets that several of them have count once.
///
/// Processes that may not be read are counted as unreadable. With one that is missing for another reason, as for its number
/// of sockets, the sockets of the group are not known.
private struct GroupSockets {
    private var sum = KnownSum<Set<TCPSocket>>([])
    private var missing: Known<Set<TCPSocket>>?

    mutating func add(_ sockets: Known<Set<TCPSocket>>, isMissing: Bool) {
        sum.add(sockets) { $0.formUnion($1) }
        if isMissing, sockets != .notPermitted { missing = sockets }
    }

    var known: Known<Set<TCPSocket>> { missing ?? sum.known }
}

extension WatchedProcess {
    fileprivate var hasSockets: Bool { sockets.inodes.value?.isEmpty == false }
}

/// Counts connections of a process, or of a group, whose processes can share some.
struct ConnectionTally {
    /// Of the remote endpoints those with the most connections are kept, and configured pools always.
    static let mostRemotes = 32

    private let pools: Set<SocketEndpoint>

    init(pools: [PoolSettings]) {
        self.pools = Set(pools.compactMap { SocketEndpoint(parsing: $0.endpoint) })
    }

    func counts(of sockets: Set<TCPSocket>) -> ConnectionCounts {
        var states: [TCPState: Int] = [:]
        var remotes: [SocketEndpoint: Int] = [:]
        for socket in sockets {
            guard let state = TCPState(rawValue: socket.state) else { continue }
            states[state, default: 0] += 1
            if state == .established { remotes[socket.remote, default: 0] += 1 }
        }
        return ConnectionCounts(byState: states, byRemote: named(remotes))
    }

    private func named(_ remotes: [SocketEndpoint: Int]) -> [String: Int] {
        var kept = remotes.map { ($0.key, $0.value) }
        if kept.count > Self.mostRemotes {
            kept.sort {
                ($1.1, $0.0.port, $0.0.high, $0.0.low) < ($0.1, $1.0.port, $1.0.high, $1.0.low)
            }
            kept = kept.prefix(Self.mostRemotes) + kept.dropFirst(Self.mostRemotes).filter { pools.contains($0.0) }
        }
        return Dictionary(uniqueKeysWithValues: kept.map { ($0.0.description, $0.1) })
    }
}
