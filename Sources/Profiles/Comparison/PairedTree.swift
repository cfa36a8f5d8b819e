internal import ProfileModel

/// The call tree of two profiles, in which each sample of both has its node.
struct PairedTree {
    /// A sample at the node that it ends at.
    struct Leaf {
        let node: Int
        /// So many samples.
        let events: Double
        /// What was measured.
        let value: Int64
        let runs: SampleRuns
    }

    /// Without weights.
    let tree: CallTree
    let before: [Leaf]
    let after: [Leaf]

    /// - Parameter grouping: processes that have one name each in both profiles share a row, whatever the names.
    init(_ before: ComparedProfile, _ after: ComparedProfile, grouping: Grouping) {
        var (first, second) = ([Leaf](), [Leaf]())
        let renamed = Self.onlyProcessName(of: before.profile).flatMap { name in
            Self.onlyProcessName(of: after.profile).map { (from: name, to: $0) }
        }
        var builder = CallTreeBuilder(before.profile) { thread in
            grouping.row(for: renamed.map { thread.renamed(from: $0.from, to: $0.to) } ?? thread)
        }
        builder.addSamples { node, sample in
            first.append(before.leaf(of: sample, at: node))
            return 0
        }
        builder = CallTreeBuilder(after.profile, continuing: builder, rowName: grouping.row)
        builder.addSamples { node, sample in
            second.append(after.leaf(of: sample, at: node))
            return 0
        }
        tree = CallTree(labels: builder.labels, objects: builder.objects, nodes: builder.nodes)
        (self.before, self.after) = (first, second)
    }

    /// Calls `body` with a node and all its callers, the innermost first.
    func forEachNode(from leaf: Int, _ body: (Int) -> Void) {
        var cursor: Int? = leaf
        while let node = cursor {
            body(node)
            cursor = tree.nodes[node].caller?.position
        }
    }

    private static func onlyProcessName(of profile: Profile) -> String? {
        let names = Set(profile.threads.rows.map { profile.strings[$0.processName] })
        return names.count == 1 ? names.first?.text : nil
    }
}

/// A profile and which of its values are compared.
struct ComparedProfile {
    let profile: Profile
    /// The position of the type that is compared.
    let type: Int
    /// The position of the numbers of samples; `nil` where it has none.
    private let counts: Int?

    init(_ profile: Profile, type: Int) {
        self.profile = profile
        self.type = type
        counts = profile.sampleTypes.firstIndex(of: .samples)
    }

    func leaf(of sample: Profile.Sample, at node: CallTree.NodeIndex) -> PairedTree.Leaf {
        let value = max(0, sample.values[sample.values.startIndex + type])
        let events: Double =
            if let counts {
                Double(max(0, sample.values[sample.values.startIndex + counts]))
            } else if profile.sampleTypes[type].unit == .count {
                Double(value)
            } else {
                Double(max(1, sample.runs.count))
            }
        return PairedTree.Leaf(node: node.position, events: events, value: value, runs: sample.runs)
    }
}

extension ProfiledThread {
    fileprivate func renamed(from old: String, to new: String) -> ProfiledThread {
        ProfiledThread(
            process: process, thread: thread, name: name == old ? new : name,
            processName: processName == old ? new : processName)
    }
}
