/// What one look has come across so far.
struct LookState {
    var number: UInt64 = 0
    var time = WatchTime(monotonic: 0, wall: 0)
    var sinceBoot = 0.0
    /// When the look before began, in clock ticks since boot; `nil` in the first.
    var previousTicks: UInt64?
    var hostMemory: UInt64 = 0
    /// Bytes of RAM and swap that the host can still give.
    var hostRoom: UInt64 = 0
    /// Whether something is swapped out on this host.
    var usesSwap = false
    var vanished = 0
    var hidden = 0
    /// Processes that are there, could not be read, and are not given up.
    var unread: Set<Int32> = []
    var listed: [Int32] = []
    /// Processes whose group is to be found: new ones, and those that run another program.
    var unsettled: [WatchedProcess] = []
    /// Processes whose number belongs to another one by now.
    var replaced: [WatchedProcess] = []

    mutating func begin(at time: WatchTime) {
        previousTicks = number == 0 ? nil : UInt64(max(sinceBoot * Clocks.ticksPerSecond, 0))
        number += 1
        self.time = time
        sinceBoot = Clocks.sinceBoot()
        vanished = 0
        hidden = 0
        unread.removeAll(keepingCapacity: true)
        unsettled.removeAll(keepingCapacity: true)
        replaced.removeAll(keepingCapacity: true)
    }
}
