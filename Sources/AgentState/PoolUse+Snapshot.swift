package import HostWatch

extension PoolUse {
    /// Counts the established connections to the pool's endpoint by group.
    ///
    /// What is left out, or could not be read, makes the count incomplete.
    package init(_ settings: PoolSettings, in snapshot: HostSnapshot) {
        var used: [String: Int] = [:]
        for group in snapshot.groups {
            guard let count = group.connections.value?.byRemote[settings.remote], count > 0 else { continue }
            used[group.name] = count
        }
        self.init(
            name: settings.name, endpoint: settings.endpoint, maximum: settings.maximum, used: used,
            isComplete: snapshot.hasAllConnections)
    }
}
