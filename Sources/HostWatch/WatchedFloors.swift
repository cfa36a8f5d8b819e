import MemoryTrends
import ProfileModel
import SystemSupport

/// What is kept of one process's memory.
struct WatchedFloors: Sendable {
    private var floors: MemoryFloors
    private var judgements = LatestJudgements()
    private var life = LifeCurve()
    private var lowest = UInt64.max
    private var highest: UInt64 = 0
    private var nextVerdict: Double?
    /// Spreads the verdicts of processes that were found together over the interval.
    private let phase: Double
    private var service: ServiceKey?
    private var startOfLife = 0.0
    private var isNearLimit = false
    private(set) var lastSeen = 0.0
    private(set) var verdict: LeakVerdict?

    /// By how much a process has to exceed what is expected of it, as a share.
    private static let margin = 0.1

    init(identity: ProcessIdentity, settings: LeakWatchSettings) {
        floors = MemoryFloors(criteria: settings.criteria)
        phase = Double(identity.process.rawValue % 64) / 64
    }

    /// The level at which its growth has ended, in bytes; `nil` while it grows.
    var plateau: UInt64? { life.hasPlateaued ? life.highest : nil }

    /// What its service is remembered for once it has ended; `nil` where that is of no use.
    ///
    /// A process that ends when its memory is nearly full may have been killed for it: what it had is no level to expect.
    var endedLife: EndedLife? {
        guard let service, !isNearLimit else { return nil }
        return EndedLife(service: service, curve: life, isWhole: life.isWhole(startOfLife: startOfLife))
    }

    mutating func add(_ reading: MemoryReading) {
        floors.add(reading)
        life.add(reading)
        lowest = min(lowest, reading.bytes)
        highest = max(highest, reading.bytes)
    }

    mutating func add(_ process: ProcessMeasurement, now: Double) {
        lastSeen = now
        add(MemoryReading(seconds: now, bytes: process.memory.leakable))
        (service, startOfLife) = (ServiceKey(process), process.startedAt)
        isNearLimit = process.memory.isNearLimit
    }

    /// Renews the verdict if that is due.
    ///
    /// - Parameter expected: bytes that a process of its service may be expected to have at an age in seconds.
    mutating func judge(
        _ process: ProcessMeasurement, now: Double, settings: LeakWatchSettings, expected: (Double) -> UInt64
    ) {
        // Memory that has never moved by what a leak needs, as that of most processes, costs no verdict.
        guard highest >= settings.minimumBytes, Double(highest - lowest) >= floors.criteria.smallestGrowth else {
            return
        }
        guard now >= nextVerdict ?? now else { return }
        let step = nextVerdict == nil ? settings.interval * phase : settings.interval
        nextVerdict = now + step
        var verdict = floors.verdict(
            startOfLife: process.startedAt, limit: process.memory.limit.bytes, room: process.memory.room,
            reusing: &judgements)
        if verdict.level > .none,
            Double(process.memory.leakable) < (1 + Self.margin) * Double(expected(now - process.startedAt))
        {
            verdict.take(.expected)
        }
        if let freed = process.memory.lazilyFreed {
            verdict.evidence += ", without \(NumberText.bytes(freed)) that was freed lazily (MADV_FREE)"
        }
        self.verdict = verdict
    }
}

extension ProcessMemory {
    /// Whether less than a tenth of its limit is left: its cgroup's, or the host's memory.
    fileprivate var isNearLimit: Bool {
        switch room {
        case .shared(let left): Double(left) < 0.1 * Double(limit.bytes)
        case .alone: Double(charged) > 0.9 * Double(limit.bytes)
        case .unknown: false
        }
    }
}
