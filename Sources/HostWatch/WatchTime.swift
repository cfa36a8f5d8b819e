/// A moment by two clocks, in seconds.
package struct WatchTime: Hashable, Sendable {
    /// Windows and rates go by `CLOCK_MONOTONIC`: it never jumps, and stands still while the machine is suspended.
    package let monotonic: Double
    /// What people and stores read is `CLOCK_REALTIME`, since 1970 in UTC; it may jump.
    package let wall: Double

    package init(monotonic: Double, wall: Double) {
        self.monotonic = monotonic
        self.wall = wall
    }

    package static var now: WatchTime { WatchTime(monotonic: Clocks.monotonic(), wall: Clocks.wall()) }
}
