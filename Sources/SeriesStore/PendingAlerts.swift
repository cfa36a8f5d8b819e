/// What an alert is found by.
struct AlertKey: Hashable {
    let id: String
    let since: Double

    init(_ alert: StoredAlert) {
        id = alert.id
        since = alert.since
    }
}

/// Alerts that could not be written yet; of each the latest state, in the order of their coming.
struct PendingAlerts {
    private var alerts: [AlertKey: StoredAlert] = [:]
    private var order: [AlertKey] = []

    /// The oldest go when there are more.
    static let most = 2000

    var first: StoredAlert? { order.first.flatMap { alerts[$0] } }
    var all: [StoredAlert] { order.compactMap { alerts[$0] } }

    mutating func add(_ alert: StoredAlert) {
        let key = AlertKey(alert)
        if alerts.updateValue(alert, forKey: key) == nil { order.append(key) }
        if order.count > Self.most { removeFirst() }
    }

    /// Takes an alert out that is written, unless a later state of it has come.
    mutating func remove(_ written: StoredAlert) {
        let key = AlertKey(written)
        guard alerts[key] == written else { return }
        alerts[key] = nil
        order.removeAll { $0 == key }
    }

    private mutating func removeFirst() {
        guard !order.isEmpty else { return }
        alerts[order.removeFirst()] = nil
    }
}
