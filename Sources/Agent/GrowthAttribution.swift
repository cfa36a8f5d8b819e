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
/// ones, and rarely. It waits for as long as the process keeps its mmap lock: that holds up this actor, which has a thread
/// of its own, and nothing else.
actor GrowthAttribution: QueueActor {
    private struct Looked {
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
    private static let looksAtOnce = 2

    nonisolated let executor = QueueExecutor(label: "sonde.growth")
    private nonisolated let shared = Mutex(Shared())
    private let procfs: ProcFS
    private var looked: [ProcessIdentity: Looked] = [:]
    private var turns = Turns<ProcessIdentity>(pause: 60)

    init(procfs: ProcFS) { self.procfs = procfs }

    /// Adds to the evidence what is known to grow, and asks for a further look at those whose memory grows.
    ///
    /// Never waits: while a look goes on, no other is asked for.
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
        Task { await look(at: identities, now) }
    }

    private func look(at growing: [ProcessIdentity], _ now: Double) {
        for identity in turns.take(Self.looksAtOnce, of: growing, at: now) {
            guard let amounts = amounts(of: identity) else { continue }
            looked[identity, default: Looked(first: amounts, firstTime: now, latest: [:], latestTime: now)]
                .latest = amounts
            looked[identity]?.latestTime = now
        }
        let growing = Set(growing)
        looked = looked.filter { growing.contains($0.key) }
        let words = looked.compactMapValues(Self.words)
        shared.withLock { $0 = Shared(isBusy: false, words: words) }
    }

    /// In RAM and swap, by kind.
    private func amounts(of identity: ProcessIdentity) -> [MemoryKind: UInt64]? {
        guard var look = try? MemoryLook(at: identity.process, in: procfs),
            (try? procfs.process(identity.process).stat().startTicks) == identity.startTicks,
            let breakdown = try? look.breakdown(limit: Self.longestText)
        else { return nil }
        return Dictionary(
            uniqueKeysWithValues: MemoryKind.allCases.map { kind in
                let amount = breakdown.amount(of: kind)
                return (kind, amount.resident &+ amount.swap)
            })
    }

    /// `grew in the last 12 min: heap 45 MiB, file 2 MiB`; `nil` when nothing did by a MiB.
    private static func words(_ looked: Looked) -> String? {
        let minutes = Int(((looked.latestTime - looked.firstTime) / 60).rounded())
        let grown = MemoryKind.allCases.compactMap { kind -> (kind: MemoryKind, mebibytes: UInt64)? in
            let (before, after) = (looked.first[kind] ?? 0, looked.latest[kind] ?? 0)
            guard after >= before + (1 << 20) else { return nil }
            return (kind, (after - before) >> 20)
        }
        guard !grown.isEmpty else { return nil }
        let kinds = grown.sorted { $0.mebibytes > $1.mebibytes }.map { "\($0.kind.rawValue) \($0.mebibytes) MiB" }
        return "grew in the last \(minutes) min: \(kinds.joined(separator: ", "))"
    }
}
