import ProcFS

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
