import AgentState

/// A connection pool's use.
struct PoolBody: Encodable, Sendable {
    let name: String
    let endpoint: String
    let maximum: Int
    /// Established connections, of all groups.
    let used: Int
    @Nullable var percent: Double?
    let usedByGroup: [String: Int]

    init(_ pool: PoolUse) {
        name = pool.name
        endpoint = pool.endpoint
        maximum = pool.maximum
        used = pool.used.values.reduce(0, +)
        percent = pool.maximum > 0 ? Double(used) / Double(pool.maximum) * 100 : nil
        usedByGroup = pool.used
    }
}
