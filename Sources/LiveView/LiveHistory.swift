internal import ProfileModel
internal import Profiles
internal import Sampling

/// What was sampled lately, and since the last reset.
///
/// What it keeps is bounded: the last few windows, and sums of so many functions, threads and nodes at most, of which
/// the lightest are evicted.
struct LiveHistory: Sendable {
    /// The part of the time that is shown.
    enum Span: Sendable {
        case recent
        case sinceReset
    }

    /// The weight of a function, or of a thread, in both spans.
    struct Weights: Sendable {
        var recentSelf: UInt64 = 0
        var recentTotal: UInt64 = 0
        var allSelf: UInt64 = 0
        var allTotal: UInt64 = 0
    }

    /// So many windows together are called recent: a single one has too few samples to compare functions by.
    static let recentWindows = 5
    /// Of functions, and of threads.
    static let rowLimit = 4_000

    private var recent: [LiveWindow] = []
    private var functionSums: [CallTree.Label: (own: UInt64, total: UInt64)] = [:]
    private var threadSums: [ProfiledThread: UInt64] = [:]
    private var allTree = LiveTree()
    private(set) var ledger = SampleLedger()
    private(set) var samples: UInt64 = 0
    private(set) var truncated: [String: UInt64] = [:]
    private(set) var allWeight: UInt64 = 0
    private(set) var ownNanoseconds: UInt64 = 0

    init() {}

    var recentSamples: UInt64 { recent.reduce(0) { $0.addingSaturated($1.counts.samples) } }
    var recentWeight: UInt64 { recent.reduce(0) { $0.addingSaturated($1.weight) } }
    var recentNanoseconds: UInt64 { recent.reduce(0) { $0.addingSaturated($1.ledger.times[.elapsed]) } }
    var allNanoseconds: UInt64 { ledger.times[.elapsed] }
    var truncatedSamples: UInt64 { truncated.values.reduce(0) { $0.addingSaturated($1) } }

    mutating func add(_ window: LiveWindow) {
        recent.append(window)
        if recent.count > Self.recentWindows { recent.removeFirst() }
        for function in window.functions {
            let label = CallTree.Label(name: Spelling(function.name), kind: function.kind)
            functionSums[label, default: (0, 0)].own.addSaturating(function.selfWeight)
            functionSums[label, default: (0, 0)].total.addSaturating(function.totalWeight)
        }
        for (thread, weight) in window.threads { threadSums[thread, default: 0].addSaturating(weight.weight) }
        functionSums.evictLightest(beyond: Self.rowLimit, by: \.total)
        threadSums.evictLightest(beyond: Self.rowLimit, by: { $0 })
        allTree.add(window.tree)
        ledger.add(window.ledger)
        samples.addSaturating(window.counts.samples)
        truncated.merge(window.counts.truncated) { $0.addingSaturated($1) }
        allWeight.addSaturating(window.weight)
        ownNanoseconds.addSaturating(window.ownNanoseconds)
    }

    /// The weights of every function that is kept.
    var functions: [CallTree.Label: Weights] {
        var rows = functionSums.mapValues { Weights(allSelf: $0.own, allTotal: $0.total) }
        for function in recent.lazy.flatMap(\.functions) {
            let label = CallTree.Label(name: Spelling(function.name), kind: function.kind)
            rows[label, default: Weights()].recentSelf.addSaturating(function.selfWeight)
            rows[label, default: Weights()].recentTotal.addSaturating(function.totalWeight)
        }
        return rows
    }

    /// What a thread did.
    struct ThreadActivity: Sendable {
        var weights = Weights()
        /// The innermost function of most of its recent samples; `nil` without any.
        var hottest: CallTree.Label?
    }

    var threads: [ProfiledThread: ThreadActivity] {
        var rows = threadSums.mapValues { ThreadActivity(weights: Weights(allSelf: $0, allTotal: $0)) }
        var leaves: [ProfiledThread: [CallTree.Label: UInt64]] = [:]
        for (thread, found) in recent.lazy.flatMap(\.threads) {
            rows[thread, default: ThreadActivity()].weights.recentSelf.addSaturating(found.weight)
            rows[thread, default: ThreadActivity()].weights.recentTotal.addSaturating(found.weight)
            leaves[thread, default: [:]].merge(found.functions) { $0.addingSaturated($1) }
        }
        for (thread, functions) in leaves {
            rows[thread]?.hottest = functions.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        }
        return rows
    }

    func tree(of span: Span) -> LiveTree {
        guard span == .recent else { return allTree }
        var tree = LiveTree()
        for window in recent { tree.add(window.tree) }
        return tree
    }
}

extension Dictionary {
    /// Keeps half of what the limit allows once there are more entries.
    fileprivate mutating func evictLightest(beyond limit: Int, by weight: (Value) -> UInt64) {
        guard count > limit else { return }
        let kept = sorted { weight($0.value) > weight($1.value) }.prefix(limit / 2)
        self = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
