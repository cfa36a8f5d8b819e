internal import Foundation
internal import HostWatch
internal import MemoryTrends
internal import ProcFS
internal import ProfileModel
internal import TargetProcess

/// Finds out which kinds of memory grow in the few processes that are suspected.
///
/// Reading `smaps` costs the kernel some ten milliseconds for each GiB, so that it is done for those alone, not for large
/// ones, and rarely.
struct GrowthAttribution {
    private struct Looked {
        let first: [MemoryKind: UInt64]
        let firstTime: Double
        var latest: [MemoryKind: UInt64]
        var latestTime: Double
    }

    private static let largest: UInt64 = 4 << 30
    /// Seconds between two looks at a process.
    private static let pause = 60.0
    private static let looksAtOnce = 2
    private let procfs: ProcFS
    private var looked: [ProcessIdentity: Looked] = [:]

    init(procfs: ProcFS) { self.procfs = procfs }

    /// Looks at some of the processes whose memory grows, and forgets those of which it doesn't any more.
    mutating func look(at snapshot: HostSnapshot, _ verdicts: [ProcessIdentity: LeakVerdict]) {
        let now = snapshot.time.monotonic
        var left = Self.looksAtOnce
        for process in snapshot.processes where left > 0 {
            guard let verdict = verdicts[process.identity], verdict.level > .none,
                process.memory.resident <= Self.largest,
                now - (looked[process.identity]?.latestTime ?? -.infinity) >= Self.pause,
                let amounts = amounts(of: process.identity)
            else { continue }
            left -= 1
            looked[process.identity, default: Looked(first: amounts, firstTime: now, latest: [:], latestTime: now)]
                .latest = amounts
            looked[process.identity]?.latestTime = now
        }
        looked = looked.filter { (verdicts[$0.key]?.level ?? .none) > .none }
    }

    /// Adds what grows to the evidence.
    func explain(_ verdicts: inout [ProcessIdentity: LeakVerdict]) {
        for (identity, looked) in looked {
            guard let words = Self.words(looked) else { continue }
            verdicts[identity]?.evidence += ", \(words)"
        }
    }

    /// In RAM and swap, by kind.
    private func amounts(of identity: ProcessIdentity) -> [MemoryKind: UInt64]? {
        guard var look = try? MemoryLook(at: identity.process, in: procfs),
            (try? procfs.process(identity.process).stat().startTicks) == identity.startTicks,
            let breakdown = try? look.breakdown()
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
