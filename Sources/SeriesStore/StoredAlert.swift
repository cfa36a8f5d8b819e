/// An alert as the store keeps it: the few values that it is found by, and the whole as its owner writes it.
package struct StoredAlert: Hashable, Sendable {
    /// With `since` it is an alert's identity: the same trouble may come again later.
    package let id: String
    /// As the owner of `json` calls it, such as `active` or `resolved`.
    package let state: String
    /// Seconds since 1970.
    package let since: Double
    /// Seconds since 1970; `nil` while it is active.
    ///
    /// Resolved alerts are dropped after their retention.
    package let resolvedAt: Double?
    package let json: String

    package init(id: String, state: String, since: Double, resolvedAt: Double?, json: String) {
        self.id = id
        self.state = state
        self.since = since
        self.resolvedAt = resolvedAt
        self.json = json
    }
}
