import ProcFS
import SystemSupport

/// What all parts of one collection go by.
struct CollectionContext {
    /// Of the collection, from 1.
    private(set) var number: UInt64 = 0
    private(set) var time = WatchTime(monotonic: 0, wall: 0)
    /// Seconds since boot, suspended time included.
    private(set) var sinceBoot = 0.0
    /// When the collection before began, in clock ticks since boot; `nil` in the first.
    private(set) var previousTicks: UInt64?
    /// Bytes of RAM.
    private(set) var hostMemory: UInt64 = 0
    /// Bytes of RAM and swap that the host can still give; `nil` where that isn't shown.
    private(set) var hostRoom: UInt64?
    /// Whether something is swapped out on this host, as far as it shows.
    private(set) var usesSwap = false

    mutating func begin(at time: WatchTime, _ memory: Known<HostMemory>) {
        previousTicks = number == 0 ? nil : UInt64(max(sinceBoot * Clocks.ticksPerSecond, 0))
        number += 1
        self.time = time
        sinceBoot = SystemClock.boot.seconds
        hostMemory = memory.value?.total ?? MemInfo.installedBytes
        hostRoom = memory.value.map { $0.available &+ $0.swapFree }
        usesSwap = memory.value.map { $0.swapFree < $0.swapTotal } ?? true
    }

    /// Seconds of `CLOCK_MONOTONIC`.
    var now: Double { time.monotonic }
}
