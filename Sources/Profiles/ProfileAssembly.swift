package import ProfileModel

/// Makes a profile of collected stacks and the names of their code, in one pass.
package struct ProfileAssembly {
    /// The frames at a location, leaf first; several where calls were inlined, none where nothing is known.
    package typealias Names = (CodeLocation) -> [Frame]
    /// An object file, for the profile's mappings; `nil` where nothing is known.
    package typealias Objects = (ObjectID) -> ProfiledObject?

    /// A location that has its row, and what it adds to the counts.
    private struct NamedLocation {
        let index: Profile.LocationIndex
        let isUnnamed: Bool
        /// The base name of the object file.
        let object: String?
    }

    private let names: Names
    private let objects: Objects
    private let periodNanoseconds: Int64?
    private var counts: SampleCounts
    private var builder: ProfileBuilder
    private var locations: [CodeLocation: NamedLocation] = [:]
    private var knownObjects: [ObjectID: ProfiledObject?] = [:]

    /// - Parameters:
    ///   - metadata: the samples, the truncated stacks and the unnamed frames are added to its counts.
    ///   - mode: what the weights of stacks are: samples, or in off-CPU mode nanoseconds.
    package init(
        mode: SamplingMode, metadata: ProfileMetadata, names: @escaping Names, objects: @escaping Objects
    ) {
        self.names = names
        self.objects = objects
        counts = metadata.counts ?? SampleCounts()
        let (time, shown): (SampleType, SampleType) =
            switch mode {
            case .cpu: (.cpu, .samples)
            case .wall: (.wall, .samples)
            case .offCPU: (.offCPU, .offCPU)
            }
        periodNanoseconds = mode == .offCPU ? nil : metadata.periodNanoseconds
        builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples, time], shown: shown)
    }

    /// Adds a stack that was seen `count` times.
    ///
    /// - Parameters:
    ///   - locations: leaf first.
    ///   - weight: samples, or in off-CPU mode nanoseconds.
    ///   - runs: when it was seen, in nanoseconds since the recording's start.
    package mutating func add(
        _ locations: [CodeLocation], ending: StackEnding, of thread: ThreadIdentity, count: UInt64, weight: UInt64,
        runs: SampleRuns = SampleRuns()
    ) {
        var stack: [Profile.LocationIndex] = []
        stack.reserveCapacity(locations.count)
        for location in locations {
            let named = named(location)
            stack.append(named.index)
            if named.isUnnamed { countUnnamed(named.object, count) }
        }
        counts.samples = counts.samples.addingSaturated(count)
        var truncation: String?
        if case .truncated(let reason) = ending {
            counts.truncated.add(count, to: reason.label)
            truncation = reason.label
        }
        builder.add(
            stack: stack, thread: ProfiledThread(thread), truncation: truncation, values: values(count, weight),
            runs: runs)
    }

    /// The profile of all stacks that were added.
    package consuming func finish() -> Profile {
        builder.metadata.counts = counts
        return builder.finish()
    }

    private func values(_ count: UInt64, _ weight: UInt64) -> [Int64] {
        let weight = Int64(clamping: weight)
        guard let periodNanoseconds else { return [Int64(clamping: count), weight] }
        let (nanoseconds, overflow) = weight.multipliedReportingOverflow(by: periodNanoseconds)
        return [weight, overflow ? .max : nanoseconds]
    }

    private mutating func countUnnamed(_ object: String?, _ count: UInt64) {
        counts.unnamedFrames = counts.unnamedFrames.addingSaturated(count)
        if let object { counts.unnamedFramesByObject.add(count, to: object) }
    }

    private mutating func named(_ location: CodeLocation) -> NamedLocation {
        if let known = locations[location] { return known }
        var frames = names(location)
        if frames.isEmpty { frames = [Frame(name: "[unknown]", kind: .unknown, object: nil)] }
        let unnamed = frames.first { $0.kind == .unknown }
        let position = position(of: location, module: frames.last?.object)
        let named = NamedLocation(
            index: builder.location(at: position, frames: frames), isUnnamed: unnamed != nil, object: unnamed?.object)
        locations[location] = named
        return named
    }

    private mutating func position(of location: CodeLocation, module: String?) -> Profile.Position {
        switch location {
        case .anonymous(let address), .unmapped(let address), .signalReturn(let address),
            .generated(_, _, let address):
            return .process(address)
        case .interpreted: return .unknown
        case .kernelWorker: return .kernel(builder.mapping(path: "[kernel]"), Address(rawValue: 0))
        case .kernel(let address): return .kernel(builder.mapping(path: "[\(module ?? "kernel")]"), address)
        case .object(let id, let address):
            let object = object(id)
            let mapping = builder.mapping(
                path: object?.path ?? "[unknown]", buildID: object?.buildID,
                segment: object?.segments.first { $0.start <= address && address < $0.limit })
            return .object(mapping, address)
        }
    }

    private mutating func object(_ id: ObjectID) -> ProfiledObject? {
        if let known = knownObjects[id] { return known }
        let object = objects(id)
        knownObjects[id] = object
        return object
    }
}

/// What a profile says of an object file.
package struct ProfiledObject: Hashable, Sendable {
    /// As the target names it.
    package let path: String
    package let buildID: BuildID?
    /// Those that hold code.
    package let segments: [CodeSegment]

    package init(path: String, buildID: BuildID?, segments: [CodeSegment]) {
        self.path = path
        self.buildID = buildID
        self.segments = segments
    }
}

extension [String: UInt64] {
    mutating func add(_ count: UInt64, to key: String) {
        self[key] = (self[key] ?? 0).addingSaturated(count)
    }
}
