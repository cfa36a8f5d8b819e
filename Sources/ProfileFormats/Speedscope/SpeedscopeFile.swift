import ProfileModel
package import Profiles

/// A profile for speedscope.app: a list of stacks and weights for each thread, in the order of time where times are known.
///
/// Weights are times where the profile has any. The file of a frame is its source, or the object file, `[kernel]`, a kernel
/// module, `[jit]` or `[python]`. The format has no inlined functions, addresses and times of samples.
package struct SpeedscopeFile {
    static let schema = "https://www.speedscope.app/file-format-schema.json"
    static let exporter = "sonde@"
    /// A profile whose stacks would take more in the order of time is written as merged stacks.
    private static let mostIndices = 30_000_000

    private struct FrameKey: Hashable {
        let function: Profile.FunctionIndex
        let line: Int?
        let mapping: Profile.MappingIndex?
    }

    private let profile: Profile
    private var frames = Table<FrameKey>()
    private var truncations = Table<Profile.StringIndex>()
    /// Of each location the frames, the function that was called first.
    private var frameIndices: [[Int]] = []

    package init(_ profile: Profile) {
        self.profile = profile
        frameIndices = profile.locations.rows.map { location in
            location.lines.reversed().map { line in
                let key = FrameKey(
                    function: line.function, line: line.number, mapping: location.position.mapping)
                return frames.index(adding: key).position
            }
        }
        for reason in profile.samples.compactMap(\.truncation) { _ = truncations.index(adding: reason) }
    }

    /// The file, as UTF-8.
    package var bytes: [UInt8] {
        var json = JSONBytes()
        json.object(
            [
                ("$schema", { $0.string(Self.schema) }), ("name", { $0.string(profile.metadata.command) }),
                ("activeProfileIndex", { $0.number(0) }),
                ("exporter", { $0.string(Self.exporter + Version.text) }),
                ("shared", { $0.object([("frames", writeFrames)]) }), ("profiles", writeProfiles),
            ], separator: "\n")
        json.append("\n")
        return json.bytes
    }

    private func writeFrames(_ json: inout JSONBytes) {
        let rows = frames.rows.map(members) + truncations.rows.map { [name(profile.truncationRow($0))] }
        json.array(rows) { $0.object($1) }
    }

    private typealias Member = (name: String, write: (inout JSONBytes) -> Void)

    private func name(_ text: String) -> Member { ("name", { $0.string(text) }) }

    private func members(of key: FrameKey) -> [Member] {
        let function = profile.functions[key.function]
        var members = [name(profile[text: function.name])]
        if let file = file(of: function, key) { members.append(("file", { $0.string(file) })) }
        if let line = key.line { members.append(("line", { $0.number(line) })) }
        return members
    }

    private func file(of function: Profile.Function, _ key: FrameKey) -> String? {
        if let file = function.file { return profile[text: file] }
        if let mapping = key.mapping { return profile[text: profile.mappings[mapping].path] }
        return switch function.kind {
        case .jit: NamesInFiles.jitPath
        case .python: PythonNames.mappingPath
        case .native, .kernel, .unknown: nil
        }
    }

    private func writeProfiles(_ json: inout JSONBytes) {
        let samples = Array(profile.samples)
        var events = [[ProfileEvents.Event]](repeating: [], count: profile.threads.count)
        for event in ProfileEvents(profile, granularity(samples)).events {
            events[samples[event.sample].thread.position].append(event)
        }
        json.array(profile.threads.indices) { json, thread in
            write(events[thread.position], of: samples, thread, &json)
        }
    }

    private func granularity(_ samples: [Profile.Sample]) -> ProfileEvents.Granularity {
        var indices = 0
        for sample in samples {
            let frames = profile.locations(of: sample.stack).reduce(1) { $0 + frameIndices[$1.position].count }
            var runs = 0
            sample.runs.forEach { _ in runs += 1 }
            indices += frames * max(1, runs)
            if indices > Self.mostIndices { return .whole }
        }
        return .run
    }

    private func write(
        _ events: [ProfileEvents.Event], of samples: [Profile.Sample], _ thread: Profile.ThreadIndex,
        _ json: inout JSONBytes
    ) {
        let name = Grouping.thread.rowName(for: profile.thread(at: thread))
        let total = events.reduce(Int64(0)) { $0 + $1.value }
        json.object([
            ("type", { $0.string("sampled") }), ("name", { $0.string(name) }), ("unit", { $0.string(unit) }),
            ("startValue", { $0.number(0) }), ("endValue", { $0.number(total) }),
            ("samples", { $0.array(events) { json, event in write(samples[event.sample], &json) } }),
            ("weights", { $0.array(events) { $0.number($1.value) } }),
        ])
    }

    private func write(_ sample: Profile.Sample, _ json: inout JSONBytes) {
        var indices = profile.locations(of: sample.stack).reversed().flatMap { frameIndices[$0.position] }
        if let reason = sample.truncation, let position = truncations.rows.firstIndex(of: reason) {
            indices.insert(frames.count + position, at: 0)
        }
        json.array(indices) { $0.number($1) }
    }

    private var unit: String {
        switch profile.sampleTypes[profile.writtenType].unit {
        case .nanoseconds: "nanoseconds"
        case .bytes: "bytes"
        case .count, .other: "none"
        }
    }
}
