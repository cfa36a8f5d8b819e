package import ProfileModel
package import Profiles
package import Sampling
internal import SystemSupport

/// What was sampled in one interval of a recording that goes on.
package struct LiveWindow: Sendable {
    let tree: CallTree
    let functions: [FunctionWeight]
    let threads: [ProfiledThread: ThreadWeight]
    /// The sum of all weights: samples, or nanoseconds away from a CPU.
    let weight: UInt64
    let ledger: SampleLedger
    let counts: SampleCounts
    /// The CPU time that Sonde used, without the worker's, in nanoseconds.
    let ownNanoseconds: UInt64

    /// How much of a window one thread accounts for.
    struct ThreadWeight: Sendable {
        var weight: UInt64 = 0
        /// By the innermost function.
        var functions: [CallTree.Label: UInt64] = [:]
    }

    /// - Parameter grouping: What the rows below the root of the flame graph stand for.
    package init(_ profile: Profile, ledger: SampleLedger, ownNanoseconds: UInt64, grouping: Grouping) {
        tree = CallTree(profile, grouping: grouping)
        functions = tree.functionWeights
        threads = Self.threads(of: profile)
        weight = tree[tree.root].totalWeight
        self.ledger = ledger
        counts = profile.metadata.counts ?? SampleCounts()
        self.ownNanoseconds = ownNanoseconds
    }

    /// The processes of which there are samples.
    package var processes: Set<ProcessID> { Set(threads.keys.compactMap(\.process)) }

    private static func threads(of profile: Profile) -> [ProfiledThread: ThreadWeight] {
        let leaves = profile.locations.rows.map { $0.rows(in: profile).last?.function }
        var found: [Profile.ThreadIndex: ThreadWeight] = [:]
        for sample in profile.samples {
            let weight = UInt64(clamping: profile.shownValue(of: sample))
            found[sample.thread, default: ThreadWeight()].weight.addSaturating(weight)
            guard let stack = sample.stack, let leaf = leaves[profile.stacks[stack].location.position] else { continue }
            found[sample.thread, default: ThreadWeight()].functions[leaf, default: 0].addSaturating(weight)
        }
        return Dictionary(
            found.map { (profile.thread(at: $0.key), $0.value) },
            uniquingKeysWith: { first, second in
                ThreadWeight(
                    weight: first.weight.addingSaturated(second.weight),
                    functions: first.functions.merging(second.functions) { $0.addingSaturated($1) })
            })
    }
}

extension UInt64 {
    /// The part of `whole` that this is, 0 to 1; 0 of nothing.
    func share(of whole: UInt64) -> Double { whole == 0 ? 0 : Double(self) / Double(whole) }
}

/// A share as the view shows it: zero differs from what rounds to zero.
func shareText(_ share: Double) -> String { share == 0 ? "0 %" : NumberText.percent(share) }
