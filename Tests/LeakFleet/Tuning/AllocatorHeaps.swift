import Glibc
import TrendFamilies

/// A program that needs memory for what it is doing, from an allocator that gives some of it back.
struct AllocatorHeap: HeapModel {
    /// Bytes of the program itself, and for each unit of load.
    var base: Double
    var perLoad: Double
    /// How fast memory that isn't used goes back to the kernel, a second.
    var release = 1.0 / 3600
    /// What stays scattered over pages that can't be given back, as a share of the most that was ever used.
    var fragments = 0.15
    /// Seconds in which it comes up.
    var warmUp = 300.0
    private var held = 0.0
    private var most = 0.0
    private var jitter = 0.0

    init(base: Double, perLoad: Double) { (self.base, self.perLoad) = (base, perLoad) }

    var bytes: Double { held + jitter }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        let started = 1 - exp(-moment.age / warmUp)
        let used = base * (0.4 + 0.6 * started) + perLoad * moment.load * draw.uniform(0.9, 1.1)
        most = max(most, used - base)
        let floor = base * (0.4 + 0.6 * started) + fragments * max(0, most)
        let kept = held - (held - max(used, floor)) * min(1, release * moment.step)
        held = max(used, kept)
        jitter = 65_536 * draw.uniform(0, 4)
    }
}

/// Arenas of glibc's allocator: each thread that comes up takes one, which fills until what it frees is reused.
struct ArenaHeap: HeapModel {
    var base: Double
    /// Bytes in an arena when it is full.
    var arena: Double
    var most: Int
    /// Seconds until another thread needs one, at load 1.
    var interval: Double
    private var arenas: [Double] = []

    init(base: Double, arena: Double, most: Int, interval: Double) {
        (self.base, self.arena, self.most, self.interval) = (base, arena, most, interval)
    }

    var bytes: Double { base + arenas.reduce(0, +) }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        // The more there are, the rarer a thread finds all of them busy.
        let wait = interval * Double(1 + arenas.count) / max(moment.load, 0.01)
        if arenas.count < most, draw.chance(min(1, moment.step / wait)) { arenas.append(0) }
        for index in arenas.indices {
            let missing = arena * draw.uniform(0.85, 1) - arenas[index]
            if missing > 0 { arenas[index] += missing * min(1, moment.load * moment.step / 7200) }
        }
    }
}

/// Transparent huge pages: `khugepaged` collapses sparse memory little by little, until all of it is huge.
struct HugePageHeap: HeapModel {
    var base: Double
    /// Bytes that huge pages add in the end.
    var bloat: Double
    /// Bytes that are collapsed a second.
    var pace: Double
    private var added = 0.0
    private var debt = 0.0

    init(base: Double, bloat: Double, pace: Double) { (self.base, self.bloat, self.pace) = (base, bloat, pace) }

    var bytes: Double { base + added }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        guard moment.age > 300 else { return }
        debt += pace * moment.step * draw.uniform(0.5, 1.5)
        let pages = (debt / 2_097_152).rounded(.down) * 2_097_152
        debt -= pages
        added = min(bloat, added + pages * (1 - 0.7 * added / bloat))
    }
}

/// A worker that shares its parent's memory until it writes to it, and keeps what its largest request needed.
struct ForkedHeap: HeapModel {
    /// Bytes of its own at the start, and that it shares with its parent.
    var own: Double
    var shared: Double
    /// Seconds of load after which most of what is shared has been written to (reference counts, collections).
    var writing: Double
    /// Bytes that a usual request needs; a few need far more.
    var request: Double
    private var worked = 0.0
    private var largest = 0.0

    init(own: Double, shared: Double, writing: Double, request: Double) {
        (self.own, self.shared, self.writing, self.request) = (own, shared, writing, request)
    }

    var bytes: Double { own + shared * 0.8 * (1 - exp(-worked / writing)) + largest }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        worked += moment.load * moment.step
        // The largest of many requests whose sizes have a long tail.
        for _ in 0..<max(1, Int(moment.load * 3)) {
            largest = max(largest, min(request * 20, request * pow(max(draw.uniform(), 1e-6), -0.35) - request * 0.8))
        }
    }
}

/// A backend of a database: caches of the catalogue's tables that it has touched, and memory for sorting.
struct BackendHeap: HeapModel {
    var base: Double
    /// Tables, bytes for each, and tables that are touched a second at load 1.
    var tables: Double
    var entry: Double
    var touches: Double
    var sorting: Double
    private var touched = 0.0
    private var sort = 0.0

    init(base: Double, tables: Double, entry: Double, touches: Double, sorting: Double) {
        (self.base, self.tables, self.entry) = (base, tables, entry)
        (self.touches, self.sorting) = (touches, sorting)
    }

    var bytes: Double { base + touched * entry + sort }

    mutating func advance(_ moment: HeapMoment, _ draw: inout Draw) {
        touched += (tables - touched) * (1 - exp(-touches * moment.load * moment.step / tables))
        sort = draw.chance(min(0.5, 0.05 * moment.load)) ? sorting * draw.uniform(0.1, 1) : sort * 0.3
    }
}
