internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess

/// Keeps a process's address space up to date at a bounded cost.
///
/// Reading `maps` costs time in the target as well (it holds the address space's lock for a short time), so that it is read
/// again when the size of the address space has changed, when code can have run that was not mapped before, when a stack
/// led to unknown memory, and at least once a second, but never for more than about a hundredth of the time. Opening the
/// files behind new mappings is work of Sonde's own, once for each file, and limited to about a fifth.
final class AddressSpaceTracker {
    private static let longestAge: UInt64 = 1_000_000_000
    private static let costFactor: UInt64 = 100
    /// After a stack led to unknown memory, and in the second after code was replaced, more may be spent.
    private static let urgentCostFactor: UInt64 = 10
    private static let openingCostFactor: UInt64 = 4

    private let context: ProcessContext
    private let reader: AddressSpaceReader
    /// The first process that this one descends from.
    private let ancestor: AddressSpaceTracker?
    private var lastRead = MonotonicTime(nanoseconds: 0)
    private var listingCost: UInt64 = 0
    private var totalCost: UInt64 = 0
    private var lastSize: UInt64?
    private var lastReplacement = MonotonicTime(nanoseconds: 0)
    private var lastFaults: UInt64?
    private var lastFaultCheck = MonotonicTime(nanoseconds: 0)
    private var faultCheckCost: UInt64 = 0
    private let sizeFile: StatmFile?
    private var buffer: [UInt8] = []

    /// - Parameter parent: where files are opened of a process that has ended before they could be.
    init(context: ProcessContext, objects: TracedObjects, parent: AddressSpaceTracker?) {
        self.context = context
        // The first of a family is there the longest; of those in between, nothing is kept.
        let ancestor = parent.map { $0.ancestor ?? $0 }
        self.ancestor = ancestor
        reader = AddressSpaceReader(
            of: context.directory, objects: objects,
            openElsewhere: ancestor.map { ancestor in { ancestor.object(behind: $0) } })
        sizeFile = try? StatmFile(of: context.directory)
    }

    /// A mapping with the number of the object file behind it.
    func range(_ entry: MemoryMapping) -> MappedRange { reader.range(entry, in: context.directory) }

    /// Evicts what is kept of other object files.
    func evictObjects(keeping used: Set<ObjectID>) { reader.evictObjects(keeping: used) }

    private func object(behind entry: MemoryMapping) -> ObjectID? {
        reader.object(behind: entry, in: context.directory)
    }

    /// What came of reading the mappings.
    enum ReadResult {
        /// It is not time to read, or there is no reason to.
        case notYet
        /// The process has ended, or is about to execute another program.
        case failed
        case unchanged(ClosedRange<MonotonicTime>)
        case changed(MemoryMap, ClosedRange<MonotonicTime>)
    }

    /// Reads the mappings when it is time to.
    func read(isUrgent: Bool) -> ReadResult {
        guard !context.hasVanished else { return .failed }
        let start = MonotonicTime.now
        let isRestless = start.since(lastReplacement) < Self.longestAge
        let factor = isUrgent || isRestless ? Self.urgentCostFactor : Self.costFactor
        guard start.since(lastRead) > max(listingCost * factor, totalCost * Self.openingCostFactor) else {
            return .notYet
        }
        // Both are noted before the mappings are read: what changes meanwhile is seen the next time.
        let hasChanged = [hasOtherSize(), hasFaulted(start, factor)].contains(true)
        guard isUrgent || hasChanged || start.since(lastRead) > Self.longestAge else { return .notYet }
        let work = ProcessorTime.ofThisThread
        // What the process shows while it ends, or while another thread changes the mappings, is not better than what is
        // known.
        let result = Result { () throws(ProcFSError) in try reader.readChanges(of: context.directory) }
        let end = MonotonicTime.now
        // A command that is about to be executed has nothing in common with what its process was before.
        totalCost = lastRead.nanoseconds == 0 ? 0 : ProcessorTime.ofThisThread - work
        lastRead = end
        listingCost = reader.listingCost
        guard case .success(let map) = result else { return .failed }
        guard let map else { return .unchanged(start...end) }
        if !map.hasSameCode(as: context.map) { lastReplacement = end }
        return .changed(map, start...end)
    }

    private func hasOtherSize() -> Bool {
        let size = try? sizeFile?.read(using: &buffer).virtualPages
        defer { lastSize = size }
        return size != lastSize
    }

    /// Whether pages have been touched for the first time: a library that took the place of one of its size runs no
    /// instruction before.
    ///
    /// The kernel holds a lock of the target while it adds up the faults of its threads, so that this has a budget, too.
    private func hasFaulted(_ now: MonotonicTime, _ costFactor: UInt64) -> Bool {
        guard now.since(lastFaultCheck) > faultCheckCost * costFactor * 2 else { return false }
        let start = ProcessorTime.ofThisThread
        let faults = (try? context.directory.stat()).map { $0.minorFaults &+ $0.majorFaults }
        faultCheckCost = ProcessorTime.ofThisThread - start
        lastFaultCheck = now
        defer { lastFaults = faults }
        return faults != lastFaults
    }
}
