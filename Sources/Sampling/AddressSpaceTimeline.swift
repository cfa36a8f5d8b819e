internal import ProfileModel
internal import SystemSupport

/// What was mapped in a process at which time.
///
/// A stack that waited in a ring buffer is some time old, and `/proc/PID/maps` shows the mappings of now. So they are
/// read once, and the changes that the kernel reports with their times are applied one by one.
struct AddressSpaceTimeline {
    private static let gapCapacity = 64
    /// Of all versions together; the newest two are kept whatever their size.
    private static let mappingCapacity = 1 << 18

    /// The mappings from a time on, until those of the next version.
    private struct Version {
        let start: MonotonicTime
        var map: MemoryMap
        /// When reading them began, if they were read: they may lack a change of a later time.
        var readFrom: MonotonicTime?
    }

    /// A time in which a change may have gone unreported.
    private struct Gap {
        let start: MonotonicTime
        let end: MonotonicTime
        /// How the mappings turned out to be after it.
        let after: MemoryMap
        /// Those of them at whose places no mapping was reported meanwhile: before such a one, another may have been there.
        var lasting: MemoryMap

        func contains(_ time: MonotonicTime) -> Bool { start <= time && time <= end }

        /// What was mapped after it and is not lasting.
        var passing: [MappedRange] {
            let lasting = Set(lasting.ranges)
            return after.ranges.filter { !lasting.contains($0) }
        }
    }

    private var versions: [Version] = []
    private(set) var mappingCount = 0
    private var gaps: [Gap] = []
    /// Since when a change may have gone unreported.
    private(set) var openGap: MonotonicTime?
    /// What has come into being since then; `nil` when it is too much to note.
    private var arrivals: [MappedRange]? = []

    /// Nothing is known.
    init() {}

    /// Begins with what the process that it was forked from had mapped then; what that one did afterwards, such as
    /// executing another program, is its own affair.
    init(forkedFrom parent: AddressSpaceTimeline, at time: MonotonicTime) {
        versions = parent.versions.filter { $0.start <= time }
        gaps = parent.gaps.filter { $0.start <= time }
        // A change that went unreported came before the fork, or after it: only the process's own mappings show it.
        let open = gaps.filter { $0.contains(time) }
        openGap = (open.map(\.start) + [parent.openGap].compactMap { $0 }).filter { $0 <= time }.min()
        arrivals = parent.arrivals.map { $0 + open.flatMap(\.passing) }
    }

    var newest: MemoryMap? { versions.last?.map }

    /// Whether there is anything to unwind by.
    var isEmpty: Bool { versions.isEmpty }

    /// How to unwind a stack of a time.
    struct View {
        let map: MemoryMap
        /// Mappings that the stack must agree with as well.
        let others: [MemoryMap]
    }

    /// The mappings at a time; `nil` when nothing is known of it.
    func view(at time: MonotonicTime) -> View? {
        guard let version = versions.last(where: { $0.start <= time }) ?? versions.first else { return nil }
        var others = gaps.filter { $0.contains(time) }.flatMap { [$0.after, $0.lasting] }
            .filter { !$0.hasSameCode(as: version.map) }
        // What came before the oldest version is forgotten.
        if time < version.start, let newest { others.append(newest) }
        return View(map: version.map, others: others)
    }

    /// The mappings were read, at some time in the range.
    mutating func read(_ map: MemoryMap, at times: ClosedRange<MonotonicTime>) {
        if let start = openGap, !isEmpty {
            let lasting = arrivals.map { $0.reduce(map) { $0.without($1) } } ?? MemoryMap([])
            gaps.append(Gap(start: start, end: times.upperBound, after: map, lasting: lasting))
            gaps.removeFirst(max(0, gaps.count - Self.gapCapacity))
        }
        (openGap, arrivals) = (nil, [])
        insert(at: times.upperBound, readFrom: times.lowerBound) { _ in map }
    }

    /// A mapping came into being.
    mutating func map(_ range: MappedRange, at time: MonotonicTime) {
        if openGap != nil { arrivals = arrivals.flatMap { $0.count < Self.gapCapacity ? $0 + [range] : nil } }
        for index in gaps.indices where gaps[index].contains(time) {
            gaps[index].lasting = gaps[index].lasting.without(range)
        }
        change(at: time) { $0.replacing(with: range) }
    }

    /// The process began to execute another program: nothing is left of what it had mapped.
    mutating func execute(at time: MonotonicTime) {
        if openGap != nil { arrivals = nil }
        for index in gaps.indices where gaps[index].contains(time) { gaps[index].lasting = MemoryMap([]) }
        change(at: time) { _ in MemoryMap([]) }
    }

    /// Mappings of which reading began later show the change already.
    private mutating func change(at time: MonotonicTime, _ change: (MemoryMap) -> MemoryMap) {
        insert(at: time, readFrom: nil, change)
        for index in versions.indices where versions[index].start > time {
            guard let begin = versions[index].readFrom, begin <= time else { continue }
            versions[index].map = change(versions[index].map)
        }
    }

    /// A change may go unreported from now on, until the mappings are read.
    mutating func invalidate(since time: MonotonicTime) { openGap = openGap ?? time }

    /// Whether changes that are reported later than `horizon` may say what was mapped at a time.
    func mayChange(at time: MonotonicTime, after horizon: MonotonicTime) -> Bool {
        gaps.contains { $0.contains(time) && horizon < $0.end }
    }

    /// Evicts what no sample from that time on needs.
    mutating func evict(before time: MonotonicTime) {
        let needed = versions.lastIndex { $0.start <= time } ?? 0
        mappingCount -= versions[..<needed].reduce(0) { $0 + $1.map.ranges.count }
        versions.removeSubrange(..<needed)
        gaps.removeAll { $0.end < time }
    }

    /// Those of all versions.
    var objects: Set<ObjectID> {
        (versions.map(\.map) + gaps.map(\.after)).reduce(into: []) { $0.formUnion($1.objects) }
    }

    private mutating func insert(
        at time: MonotonicTime, readFrom: MonotonicTime?, _ change: (MemoryMap) -> MemoryMap
    ) {
        let next = versions.firstIndex { $0.start > time } ?? versions.endIndex
        let before = next > 0 ? versions[next - 1].map : MemoryMap([])
        let after = change(before)
        guard next == 0 || !after.hasSameCode(as: before) else { return }
        versions.insert(Version(start: time, map: after, readFrom: readFrom), at: next)
        mappingCount += after.ranges.count
        while mappingCount > Self.mappingCapacity, versions.count > 2 {
            mappingCount -= versions.removeFirst().map.ranges.count
        }
    }
}
