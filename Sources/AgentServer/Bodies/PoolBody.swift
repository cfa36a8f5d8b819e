import AgentState

/// A connection pool's use.
struct PoolBody: Encodable, Sendable {
    let name: String
    let endpoint: String
    let maximum: Int
    /// Established connections, of all groups; `null` when some processes' connections can't be read.
    @Nullable var used: Int?
    @Nullable var percent: Double?
    let usedByGroup: [String: Int]

    init(_ pool: PoolUse) {
        name = pool.name
        endpoint = pool.endpoint
        maximum = pool.maximum
        used = pool.total
        percent = pool.maximum > 0 ? pool.total.map { Double($0) / Double(pool.maximum) * 100 } : nil
        usedByGroup = pool.used
    }
}
