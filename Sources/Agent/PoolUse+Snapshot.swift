internal import AgentState
internal import HostWatch

extension PoolUse {
    /// Counts the established connections to the pool's endpoint by group.
    ///
    /// What is left out, or may not be read, makes the count incomplete.
    init(_ settings: PoolSettings, in snapshot: HostSnapshot) {
        var used: [String: Int] = [:]
        for group in snapshot.groups {
            guard let count = group.connections.value?.byRemote[settings.remote], count > 0 else { continue }
            used[group.name] = count
        }
        let isComplete =
            snapshot.groups.allSatisfy { $0.connections != .notPermitted }
            && !snapshot.cost.shed.contains("connections")
        self.init(
            name: settings.name, endpoint: settings.endpoint, maximum: settings.maximum, used: used,
            isComplete: isComplete)
    }
}
