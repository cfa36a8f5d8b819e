/// Sums over the processes of a group in one collection.
struct GroupSum {
    /// With those that can't be read.
    private(set) var processes = 0
    private(set) var threads: UInt64 = 0
    private(set) var resident: UInt64 = 0
    private(set) var anonymous: UInt64 = 0
    private(set) var virtual: UInt64 = 0
    private(set) var highestLimitShare = 0.0
    private(set) var swap = KnownSum<UInt64>(0)
    private(set) var proportional = KnownSum<UInt64>(0)
    private(set) var descriptors = KnownSum<UInt64>(0)
    private(set) var highestDescriptorShare = KnownSum<Double>(0)
    /// Why the disk transfer of a process isn't known, while none is.
    private(set) var disk: Known<DiskTransfer> = .value(DiskTransfer(read: 0, written: 0))
    private(set) var unreadable: [String: Int] = [:]

    mutating func add(_ process: ProcessMeasurement) {
        processes += 1
        threads &+= process.threads
        if !process.memory.isParents { add(process.memory) }
        descriptors.add(process.descriptors.map(\.open)) { $0 &+= $1 }
        highestDescriptorShare.add(process.descriptors.map(\.limitShare)) { $0 = max($0, $1) }
        if process.disk.value == nil { disk = process.disk }
        countUnreadable(process)
    }

    private mutating func add(_ memory: ProcessMemory) {
        resident &+= memory.resident
        anonymous &+= memory.anonymous
        virtual &+= memory.virtual
        highestLimitShare = max(highestLimitShare, memory.limitShare)
        swap.add(memory.swap) { $0 &+= $1 }
        proportional.add(memory.proportional) { $0 &+= $1 }
    }

    /// Counts a process that is there and of which nothing is known in this collection.
    mutating func countUnread() {
        processes += 1
        unreadable["process", default: 0] += 1
    }

    /// Whether no process is there.
    var isEmpty: Bool { processes == 0 }

    /// A sum over all processes: known when all of them were read.
    func whole<Value>(_ sum: Value) -> Known<Value> { whole(.value(sum)) }

    func whole<Value>(_ sum: Known<Value>) -> Known<Value> { unreadable["process"] == nil ? sum : .notRead }

    private mutating func countUnreadable(_ process: ProcessMeasurement) {
        count(process.memory.swap, "swap")
        count(process.memory.proportional, "proportional")
        count(process.descriptors, "descriptors")
        count(process.disk, "disk")
        count(process.connections, "connections")
    }

    private mutating func count<Value>(_ value: Known<Value>, _ name: String) {
        if case .notPermitted = value { unreadable[name, default: 0] += 1 }
    }
}

/// A sum of those values that are known; without any, the reason why there are none.
struct KnownSum<Value: Sendable> {
    private var sum: Value
    private var count = 0
    private var reason: Known<Value>?

    init(_ zero: Value) { sum = zero }

    mutating func add(_ value: Known<Value>, _ combine: (inout Value, Value) -> Void) {
        guard let known = value.value else {
            reason = value
            return
        }
        count += 1
        combine(&sum, known)
    }

    var known: Known<Value> { count == 0 ? reason ?? .value(sum) : .value(sum) }
}

extension ProcessMemory {
    /// A share of the limit, 0 to 1: of what is the process's own and can't be taken back.
    ///
    /// Without memory that others share, which each process that maps it would count again, as PostgreSQL's do; and without
    /// what files back. Those fill the limit too: `CgroupMemory` counts everything once.
    package var limitShare: Double { limit.bytes == 0 ? 0 : min(Double(charged) / Double(limit.bytes), 1) }

    /// The same where all of it was read.
    package var knownLimitShare: Known<Double> { swap.flatMap { _ in knownLimit }.map { _ in limitShare } }

    /// Before it was read the limit is of no bytes, which no process that runs has.
    package var knownLimit: Known<MemoryLimit> { limit.bytes > 0 ? .value(limit) : .notRead }
}

extension DescriptorUse {
    /// The share of the limit that is open, 0 to 1; 0 without a limit.
    package var limitShare: Double {
        guard let limit, limit > 0 else { return 0 }
        return min(Double(open) / Double(limit), 1)
    }
}
