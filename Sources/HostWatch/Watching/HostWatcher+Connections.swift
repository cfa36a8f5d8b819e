import ProcFS
import ProfileModel

extension HostWatcher {
    /// Counts the TCP connections of all processes when it is time: all at once, since sockets and their owners only fit
    /// together when they are read at one moment.
    mutating func readConnections() {
        let now = look.time.monotonic
        guard !shedding.contains(.connections) else { return connections.startOver() }
        guard connections.turn.isDue(at: now, interval: settings.connectionInterval, of: 0) else { return }
        connections.turn.take(at: now)
        connections.begin()
        let watched = look.listed.compactMap { processes[$0] }.filter { $0.group != nil }
        readNamespaces(of: watched)
        readOwners(among: watched.filter { !connections.isWaiting($0.sockets.namespace) })
        connections.endSearch()
        count(watched)
    }

    private mutating func count(_ watched: [WatchedProcess]) {
        let tally = ConnectionTally(pools: settings.pools)
        var groups: [Int: GroupSockets] = [:]
        var hasAll = !hidesProcesses && !misses.keys.contains { processes[$0] == nil }
        for process in watched {
            let isWaiting = connections.isWaiting(process.sockets.namespace)
            let sockets = (isWaiting ? process.sockets.connections : nil) ?? tcpSockets(of: process)
            process.sockets.connections = connections.isRotating ? sockets : nil
            process.slow.connections = sockets.map { tally.counts(of: $0) }
            let isMissing = sockets.value == nil && !(isWaiting && isYetToBeRead(process))
            if isMissing { hasAll = false }
            if let group = process.group { groups[group, default: GroupSockets()].add(sockets, isMissing: isMissing) }
        }
        for (group, sockets) in groups { ledger.set(sockets.known.map { tally.counts(of: $0) }, of: group) }
        connections.end(hasAll: hasAll)
    }

    /// Whether it came after the last turn of its namespace: such a count is as old as that turn, and was whole then.
    private func isYetToBeRead(_ process: WatchedProcess) -> Bool {
        process.sockets.round == nil && connections.isVisited(process.sockets.namespace)
    }

    private mutating func readNamespaces(of watched: [WatchedProcess]) {
        for process in watched
        where connections.isComplete || process.sockets.round == nil || process.sockets.namespace.value == nil {
            process.sockets.namespace = known { () throws(ProcFSError) in
                try directory(of: process).link("ns/net")
            }
        }
        var names: [String] = []
        var members: [String: WatchedProcess] = [:]
        for process in watched {
            guard let name = process.sockets.namespace.value, members[name] == nil else { continue }
            names.append(name)
            members[name] = process
        }
        for name in connections.choose(among: names, own: ownNamespace) {
            guard let process = members[name] else { continue }
            connections.add(sockets(of: process, isOwn: name == ownNamespace), of: name)
        }
        connections.findWanted()
    }

    private mutating func sockets(of process: WatchedProcess, isOwn: Bool) -> Known<[TCPSocket]> {
        if isOwn {
            do throws(ProcFSError) {
                return .value(try SocketDiagnosis.tcpSockets(limit: ConnectionWatch.mostSockets))
            } catch .tooLarge {
                // As text they are more still.
                return .notRead
            } catch {
                // A kernel without sock_diag has the text.
            }
        }
        return known { () throws(ProcFSError) in
            let directory = try self.directory(of: process)
            // Not the watcher's, which keeps its size for good.
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

    /// Looks first where a change was seen; then, while sockets without an owner are left, where sockets were before, and
    /// at last everywhere.
    private mutating func readOwners(among watched: [WatchedProcess]) {
        for process in watched where connections.isComplete || hasChanged(process) { readSockets(process) }
        for process in watched where !connections.wanted.isEmpty && process.hasSockets { readSocketsOnce(process) }
        for process in watched where !connections.wanted.isEmpty { readSocketsOnce(process) }
    }

    private func hasChanged(_ process: WatchedProcess) -> Bool {
        guard process.sockets.round != nil, process.sockets.inodes != .notOffered else { return true }
        guard let directory = try? self.directory(of: process),
            let count = try? table.descriptorCount(of: directory)
        else { return true }
        return count != process.sockets.descriptorCount
    }

    private mutating func readSocketsOnce(_ process: WatchedProcess) {
        if process.sockets.round != connections.round { readSockets(process) }
    }

    private mutating func readSockets(_ process: WatchedProcess) {
        process.sockets.round = connections.round
        process.sockets.inodes = known { () throws(ProcFSError) in
            do throws(ProcFSError) {
                let directory = try self.directory(of: process)
                process.sockets.descriptorCount = try table.descriptorCount(of: directory)
                var inodes: [UInt64] = []
                try directory.socketInodes(into: &inodes, limit: ConnectionWatch.mostDescriptors)
                return inodes
            } catch .vanished {
                // It has ended, and its sockets with it.
                return []
            }
        }
        connections.found(process.sockets.inodes.value ?? [])
    }

    /// A process without sockets has no connections whatever its namespace is.
    private func tcpSockets(of process: WatchedProcess) -> Known<Set<TCPSocket>> {
        process.sockets.inodes.flatMap { inodes in
            guard !inodes.isEmpty else { return .value([]) }
            return process.sockets.namespace.flatMap { name in
                (connections.namespaces[name] ?? .notRead).map { sockets in
                    Set(inodes.lazy.compactMap { sockets[$0] })
                }
            }
        }
    }
}

/// The sockets of a group's processes; sockets that several of them have count once.
///
/// Processes that may not be read are left out, and told as unreadable. With one that is missing for another reason, as
/// for its number of sockets, which nothing tells, those of the group are not known.
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
