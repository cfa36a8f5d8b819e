import Foundation

/// Waits for a state; returns whether it was reached within `limit` seconds.
package func eventually(within limit: Double = 30, _ isReached: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(limit)
    while ContinuousClock.now < deadline {
        if try isReached() { return true }
        usleep(1000)
    }
    return try isReached()
}
