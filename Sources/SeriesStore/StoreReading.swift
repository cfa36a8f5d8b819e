/// What a store gave that goes on in memory while the disk fails.
package struct StoreReading<Value: Sendable>: Sendable {
    package let value: Value
    /// Why only what is in memory is in it; `nil` when the disk could be read.
    package let failure: SeriesStoreError?
}

/// The latest alerts of all that there are.
package struct StoredAlerts: Sendable {
    package let latest: [StoredAlert]
    package let total: Int
}
