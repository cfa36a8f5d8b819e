/// What is read of a process at slower intervals, with its turns.
struct SlowReadings {
    var statusTurn = Turn()
    var descriptorTurn = Turn()
    var descriptorLimitTurn = Turn()
    var diskTurn = Turn()
    var proportionalTurn = Turn()

    var swap: Known<UInt64> = .notRead
    /// The most anonymous memory in RAM since `swap` was read.
    var highestAnonymous: UInt64 = 0
    var ignoresChildren = false
    var limit = MemoryLimit(bytes: 0, source: .host)
    /// Bytes left below the limits of its cgroups; `nil` without a limit.
    var cgroupRoom: Known<UInt64>?
    var descriptors: Known<DescriptorUse> = .notRead
    var disk: Known<DiskTransfer> = .notRead
    /// Read, and not counted before the next look has shown which children ended until then.
    var uncountedDisk: DiskTransfer?
    var proportional: Known<UInt64> = .notRead
    var connections: Known<ConnectionCounts> = .notRead
}
