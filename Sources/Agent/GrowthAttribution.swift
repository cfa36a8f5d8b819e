internal import HostWatch
internal import MemoryTrends
internal import ProcFS
internal import ProfileModel
internal import Synchronization
internal import SystemSupport
internal import TargetProcess

/// Finds out which kinds of memory grow in the few processes that are suspected.
///
/// Reading `smaps` costs the kernel some ten milliseconds for each GiB, so that it is done for those alone, not for large
/// ones, and rarely. It waits for as long as the process keeps its mmap lock: that delays this actor, which has a thread
/// of its own, and nothing else.
actor GrowthAttribution: QueueActor {
    private struct Readings {
        let first: [MemoryKind: UInt64]
        let firstTime: Double
        var latest: [MemoryKind: UInt64]
        var latestTime: Double
    }

    private struct Shared {
        var isBusy = false
        var words: [ProcessIdentity: String] = [:]
    }

    private static let largest: UInt64 = 4 << 30
    private static let longestText = 8 << 20
    private static let processesAtOnce = 2

    nonisolated let executor = QueueExecutor(label: "sonde.growth")
    private nonisolated let shared = Mutex(Shared())
    private let procfs: ProcFS
    private var readings: [ProcessIdentity: Readings] = [:]
    private var order = RoundRobin<ProcessIdentity>(pause: 60)

    init(procfs: ProcFS) { self.procfs = procfs }

    /// Adds to the evidence what is known to grow, and requests another reading of processes whose memory grows.
    ///
    /// Never waits: while a reading goes on, no other is requested.
    nonisolated func explain(_ verdicts: inout [ProcessIdentity: LeakVerdict], in snapshot: HostSnapshot) {
        let (words, isBusy) = shared.withLock { shared in
            defer { shared.isBusy = true }
            return (shared.words, shared.isBusy)
        }
        for (identity, words) in words where (verdicts[identity]?.level ?? .none) > .none {
            verdicts[identity]?.evidence += ", \(words)"
        }
        guard !isBusy else { return }
        let growing = snapshot.processes.filter { process in
            (verdicts[process.identity]?.level ?? .none) > .none && process.memory.resident <= Self.largest
        }
        let (identities, now) = (growing.map(\.identity), snapshot.time.monotonic)
        Task { await read(identities, now) }
    }

    private func read(_ growing: [ProcessIdentity], _ now: Double) {
        for identity in order.take(Self.processesAtOnce, of: growing, at: now) {
            guard let amounts = amounts(of: identity) else { continue }
            readings[identity, default: Readings(first: amounts, firstTime: now, latest: [:], latestTime: now)]
                .latest = amounts
            readings[identity]?.latestTime = now
        }
        let growing = Set(growing)
        readings = readings.filter { growing.contains($0.key) }
        let words = readings.compactMapValues(Self.words)
        shared.withLock { $0 = Shared(isBusy: false, words: words) }
    }

    /// In RAM and swap, without what was freed lazily, by kind.
    private func amounts(of identity: ProcessIdentity) -> [MemoryKind: UInt64]? {
        guard var memory = try? MemoryReading(at: identity.process, in: procfs),
            (try? procfs.process(identity.process).stat().startTicks) == identity.startTicks,
            let breakdown = try? memory.breakdown(limit: Self.longestText)
        else { return nil }
        return Dictionary(
            uniqueKeysWithValues: MemoryKind.allCases.map { kind in
                let amount = breakdown.amount(of: kind)
                return (kind, amount.inMemory - min(amount.lazilyFreed, amount.inMemory))
            })
    }

    /// `grew in the last 12 min: heap 45 MiB, file 2 MiB`; `nil` when nothing did by a MiB.
    private static func words(_ readings: Readings) -> String? {
        let minutes = Int(((readings.latestTime - readings.firstTime) / 60).rounded())
        let grown = MemoryKind.allCases.compactMap { kind -> (kind: MemoryKind, mebibytes: UInt64)? in
            let (before, after) = (readings.first[kind] ?? 0, readings.latest[kind] ?? 0)
            guard after >= before + (1 << 20) else { return nil }
            return (kind, (after - before) >> 20)
        }
        guard !grown.isEmpty else { return nil }
        let kinds = grown.sorted { $0.mebibytes > $1.mebibytes }.map { "\($0.kind.words) \($0.mebibytes) MiB" }
        return "grew in the last \(minutes) min: \(kinds.joined(separator: ", "))"
    }
}

/// The next candidates: each not more often than every so many seconds, and first those not taken for longest.
///
/// A candidate counts as taken whether or not its reading succeeds.
struct RoundRobin<Candidate: Hashable> {
    private let pause: Double
    private var latest: [Candidate: Double] = [:]

    init(pause: Double) { self.pause = pause }

    /// At most so many of the candidates; those that are no candidates any more are discarded.
    mutating func take(_ count: Int, of candidates: [Candidate], at now: Double) -> [Candidate] {
        let known = Set(candidates)
        latest = latest.filter { known.contains($0.key) }
        let due = candidates.map { (candidate: $0, since: latest[$0] ?? -.infinity) }.filter { now - $0.since >= pause }
        let next = due.sorted { $0.since < $1.since }.prefix(count).map(\.candidate)
        for candidate in next { latest[candidate] = now }
        return next
    }
}
