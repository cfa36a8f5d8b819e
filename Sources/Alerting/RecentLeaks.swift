/// The groups that a leak alert was fired of lately.
struct RecentLeaks: Sendable {
    private var fired: [AlertKey: (wall: Double, severity: Alert.Severity)] = [:]

    /// Groups beyond this number are forgotten once their time is over.
    private static let many = 1000

    /// Notes an alert: when it began, and how severe it became.
    mutating func note(_ alert: Alert, _ settings: AlertSettings) {
        let key = AlertKey(alert.type, alert.subject)
        if let before = fired[key], before.wall >= alert.since {
            fired[key]?.severity = max(before.severity, alert.severity)
            return
        }
        fired[key] = (alert.since, alert.severity)
        guard fired.count > Self.many else { return }
        fired = fired.filter { abs(alert.since - $0.value.wall) < settings.leakRepeatTime }
    }

    /// Whether another one may fire.
    func allows(_ key: AlertKey, _ severity: Alert.Severity, _ settings: AlertSettings, at wall: Double) -> Bool {
        guard let last = fired[key], abs(wall - last.wall) < settings.leakRepeatTime else { return true }
        return last.severity < severity
    }
}
