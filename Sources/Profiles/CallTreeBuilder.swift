import ProfileModel

/// The nodes of a `CallTree` while samples are added.
struct CallTreeBuilder {
    private typealias LabelIndex = Table<CallTree.Label>.Index

    private struct Edge: Hashable {
        let caller: CallTree.NodeIndex
        let label: LabelIndex
    }

    /// The rows that a stack stands on.
    private struct Base: Hashable, Sendable {
        /// `nil` where processes are merged.
        let group: LabelIndex?
        let truncation: LabelIndex?
    }

    private let profile: Profile
    private(set) var labels: Table<CallTree.Label>
    private(set) var nodes: [CallTree.Node]
    /// Of each location the labels of its lines, the outermost first.
    private let locationLabels: [[LabelIndex]]
    private let threadLabels: [LabelIndex?]
    /// The object files of the labels of the builder that this one continues.
    private let otherObjects: [[Spelling]]
    private var edges: [Edge: CallTree.NodeIndex]
    /// The node of each stack of the profile, on the base whose samples are being added.
    private var places: [CallTree.NodeIndex?]
    private var occupiedPlaces: [Profile.StackIndex] = []

    /// - Parameters:
    ///   - other: a builder whose nodes the profile's samples are added to.
    ///   - rowName: the name of the row that a thread's stacks stand on; `nil` where they stand on none.
    init(
        _ profile: Profile, continuing other: CallTreeBuilder? = nil, rowName: (ProfiledThread) -> String?
    ) {
        var labels = other?.labels ?? Table<CallTree.Label>()
        let root = labels.index(adding: CallTree.Label(name: Spelling("all"), kind: .group))
        locationLabels = profile.locations.rows.map { location in
            location.rows(in: profile).map { labels.index(adding: $0) }
        }
        threadLabels = profile.threads.indices.map { thread in
            guard let name = rowName(profile.thread(at: thread)) else { return nil }
            return labels.index(adding: CallTree.Label(name: Spelling(name), kind: .group))
        }
        self.profile = profile
        self.labels = labels
        nodes = other?.nodes ?? [CallTree.Node(label: root, caller: nil)]
        edges = other?.edges ?? [:]
        otherObjects = other?.objects ?? []
        places = Array(repeating: nil, count: profile.stacks.count)
    }

    /// Adds the samples of one base after those of another, so that one list of places serves all.
    ///
    /// - Parameter weight: what a sample adds to the weight of the node that it ends at.
    mutating func addSamples(_ weight: (CallTree.NodeIndex, Profile.Sample) -> UInt64) {
        var bases = Table<Base>()
        var samplesOfBases: [[Profile.Sample]] = []
        for sample in profile.samples {
            let position = bases.index(adding: base(of: sample)).position
            if position == samplesOfBases.count { samplesOfBases.append([]) }
            samplesOfBases[position].append(sample)
        }
        for (base, samples) in zip(bases.rows, samplesOfBases) {
            var row = CallTree.NodeIndex(position: 0)
            if let group = base.group { row = callee(of: row, group) }
            if let truncation = base.truncation { row = callee(of: row, truncation) }
            for sample in samples {
                let leaf = sample.stack.map { node(for: $0, on: row) } ?? row
                nodes[leaf.position].ownWeight += weight(leaf, sample)
            }
            for stack in occupiedPlaces { places[stack.position] = nil }
            occupiedPlaces.removeAll(keepingCapacity: true)
        }
    }

    /// Of each label the paths of its object files, sorted.
    var objects: [[Spelling]] {
        var objects = [Set<Spelling>](repeating: [], count: labels.count)
        for (label, known) in otherObjects.enumerated() { objects[label] = Set(known) }
        for (location, labels) in zip(profile.locations.rows, locationLabels) {
            guard let mapping = location.position.mapping else { continue }
            let path = profile.strings[profile.mappings[mapping].path]
            for label in labels { objects[label.position].insert(path) }
        }
        return objects.map { $0.sorted() }
    }

    private mutating func base(of sample: Profile.Sample) -> Base {
        let truncation = sample.truncation.map { reason in
            labels.index(
                adding: CallTree.Label(name: Spelling(profile.truncationRow(reason)), kind: .truncated))
        }
        return Base(group: threadLabels[sample.thread.position], truncation: truncation)
    }

    private mutating func node(for stack: Profile.StackIndex, on row: CallTree.NodeIndex) -> CallTree.NodeIndex {
        var missing: [Profile.StackIndex] = []
        var cursor: Profile.StackIndex? = stack
        var node = row
        while let current = cursor {
            if let known = places[current.position] {
                node = known
                break
            }
            missing.append(current)
            cursor = profile.stacks[current].caller
        }
        for stack in missing.reversed() {
            for label in locationLabels[profile.stacks[stack].location.position] { node = callee(of: node, label) }
            places[stack.position] = node
            occupiedPlaces.append(stack)
        }
        return node
    }

    private mutating func callee(of caller: CallTree.NodeIndex, _ label: LabelIndex) -> CallTree.NodeIndex {
        let edge = Edge(caller: caller, label: label)
        if let known = edges[edge] { return known }
        let node = CallTree.NodeIndex(position: nodes.count)
        nodes.append(CallTree.Node(label: label, caller: caller))
        edges[edge] = node
        return node
    }
}

extension Profile.Location {
    /// The rows that it stands for in a picture of stacks: the function that was called, then those inlined in it.
    package func rows(in profile: Profile) -> [CallTree.Label] {
        lines.indices.reversed().map { position in
            let function = profile.functions[lines[position].function]
            let kind: CallTree.RowKind =
                switch function.kind {
                case .native: position == lines.count - 1 ? .native : .inlined
                case .kernel: .kernel
                case .jit: .jit
                case .python: profile.standsForOmitted(function) ? .truncated : .python
                case .unknown: .unknown
                }
            return CallTree.Label(name: profile.title(of: function), kind: kind)
        }
    }
}

extension Profile {
    /// Whether it stands for functions of an interpreter that were not copied.
    fileprivate func standsForOmitted(_ function: Function) -> Bool {
        function.file == nil && self[text: function.name] == InterpretedFunction.omittedName
    }

    /// What a function is called in pictures and tables: a Python function with its file, `get (views.py)`, as names
    /// such as `get`, `<module>` and `wrapper` are those of many functions.
    func title(of function: Function) -> Spelling {
        guard function.kind == .python, let file = function.file, !self[text: function.name].hasSuffix(")") else {
            return strings[function.name]
        }
        return Spelling("\(self[text: function.name]) (\(SourcePosition.shortName(ofFile: self[text: file])))")
    }

    /// Of each function whether a test finds its name, or what it is called in pictures.
    func functions(named test: ProfileFilter.NameTest) -> [Bool] {
        functions.rows.map { function in
            test(self[text: function.name]) || function.kind == .python && test(title(of: function).text)
        }
    }
}

extension Profile {
    /// The name of the row that stands for the missing part of a stack.
    package func truncationRow(_ reason: StringIndex) -> String { "[truncated: \(self[text: reason])]" }
}
