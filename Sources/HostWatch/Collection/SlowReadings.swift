/// What is read of a process at slower intervals, and when that is due.
struct SlowReadings {
    var statusTurn = Turn()
    var descriptorTurn = Turn()
    var descriptorLimitTurn = Turn()
    var diskTurn = Turn()
    var proportionalTurn = Turn()

    var swap: Known<UInt64> = .notRead
    /// The most anonymous memory in RAM since `swap` was read.
    var highestAnonymous: UInt64 = 0
    /// Whether it ignores SIGCHLD: its children's disk transfer then isn't added to its own.
    var ignoresChildren = false
    var limit = MemoryLimit(bytes: 0, source: .host)
    /// Bytes left below the limits of its cgroups; `nil` without a limit.
    var cgroupRoom: Known<UInt64>?
    var descriptors: Known<DescriptorUse> = .notRead
    var disk: Known<DiskTransfer> = .notRead
    /// Read, and not counted before the next collection has shown which children ended until then.
    var uncountedDisk: DiskTransfer?
    var proportional: Known<UInt64> = .notRead
    /// Bytes of `status`; 0 where the kernel doesn't say.
    var pageTables: UInt64 = 0
    var shared: UInt64 = 0
    var hugeTLB: UInt64 = 0
    var composition = CompositionState(anonymous: 0)
    var connections: Known<ConnectionCounts> = .notRead
}

/// When something slow is read of a process: once an interval, with an offset of its own, so that a collection reads a
/// share of the processes and never all of them at once.
struct Turn {
    private var last: Double?

    /// Whether it is due, by the monotonic seconds of a collection; the first time at once.
    func isDue(at now: Double, interval: Double, of process: Int32) -> Bool {
        guard let last else { return true }
        guard interval > 0 else { return true }
        let shift = interval * Self.share(of: process)
        return ((now + shift) / interval).rounded(.down) > ((last + shift) / interval).rounded(.down)
    }

    mutating func take(at now: Double) { last = now }

    /// Neighbouring numbers get shares of the interval that are far apart (the golden ratio's multiples).
    private static func share(of process: Int32) -> Double {
        let position = Double(process) * 0.618_033_988_749_894_9
        return position - position.rounded(.down)
    }
}
