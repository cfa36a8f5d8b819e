package import ProfileModel

/// Fills the tables of a profile.
package struct ProfileBuilder: Sendable {
    var profile: Profile
    /// The sum of the magnitudes of all values of each type.
    private var magnitudes: [UInt64]

    /// - Parameters:
    ///   - sampleTypes: the types of the values that each sample has.
    ///   - shown: the one of them that is shown.
    package init(metadata: ProfileMetadata, sampleTypes: [SampleType], shown: SampleType) {
        precondition(sampleTypes.contains(shown), "the type that is shown has to be one of the profile's")
        profile = Profile(
            metadata: metadata, sampleTypes: sampleTypes, shownType: sampleTypes.firstIndex(of: shown) ?? 0)
        magnitudes = Array(repeating: 0, count: sampleTypes.count)
    }

    package mutating func mapping(
        path: String, buildID: BuildID? = nil, segment: CodeSegment? = nil
    ) -> Profile.MappingIndex {
        profile.mappings.index(adding: Profile.Mapping(path: index(path), buildID: buildID, segment: segment))
    }

    /// The location of an instruction; equal ones are one.
    ///
    /// - Parameter frames: the innermost inlined function first, at least the one that was called.
    package mutating func location(at position: Profile.Position, frames: [Frame]) -> Profile.LocationIndex {
        precondition(!frames.isEmpty, "a location has at least one line")
        let lines = frames.map { frame in
            Profile.Line(function: function(of: frame), number: frame.source?.line)
        }
        return profile.locations.index(adding: Profile.Location(position: position, lines: lines))
    }

    /// Adds values to a stack, given from its innermost location to its outermost.
    ///
    /// - Parameters:
    ///   - truncation: the `TruncationReason.label` of a stack without a root; `nil` when it has one.
    ///   - values: one for each of the profile's types. A sample of only zeros is none.
    ///   - runs: when they were taken, in nanoseconds since the recording's start.
    package mutating func add(
        stack leafFirst: [Profile.LocationIndex], thread: ProfiledThread, truncation: String? = nil,
        values: [Int64], runs: SampleRuns = SampleRuns()
    ) {
        guard values.contains(where: { $0 != 0 }) else { return }
        var stack: Profile.StackIndex?
        for location in leafFirst.reversed() { stack = self.stack(location, calledFrom: stack) }
        add(stack, thread, truncation, values, runs)
    }

    /// Adds values to a stack of this builder; `nil` is one without frames.
    mutating func add(
        _ stack: Profile.StackIndex?, _ thread: ProfiledThread, _ truncation: String?, _ values: [Int64],
        _ runs: SampleRuns
    ) {
        precondition(values.count == profile.sampleTypes.count, "a sample has a value for each of the profile's types")
        let accepted = zip(values, magnitudes).map(Self.accepted)
        guard accepted.contains(where: { $0 != 0 }) else { return }
        let key = Profile.SampleKey(stack: stack, thread: index(thread), truncation: truncation.map { index($0) })
        let sample = profile.samplesByKey.index(adding: key).position
        let start = sample * accepted.count
        if sample == profile.runs.count {
            profile.values += accepted.map { _ in 0 }
            profile.runs.append(runs)
        } else {
            profile.runs[sample].append(contentsOf: runs)
        }
        for (type, value) in accepted.enumerated() {
            profile.values[start + type] += value
            magnitudes[type] += value.magnitude
        }
    }

    /// What the profile says of the recording.
    package var metadata: ProfileMetadata {
        get { profile.metadata }
        set { profile.metadata = newValue }
    }

    /// The profile of what was added.
    package consuming func finish() -> Profile { profile }

    /// The part of a value with which the magnitudes still fit in an `Int64`.
    private static func accepted(_ value: Int64, beside magnitude: UInt64) -> Int64 {
        let room = Int64.max - Int64(clamping: magnitude)
        return min(max(value, -room), room)
    }

    private mutating func function(of frame: Frame) -> Profile.FunctionIndex {
        profile.functions.index(
            adding: Profile.Function(
                name: index(frame.name), systemName: frame.systemName.map { index($0) }, kind: frame.kind,
                file: (frame.source?.file).map { index($0) }, startLine: frame.source?.functionLine))
    }

    private mutating func index(_ thread: ProfiledThread) -> Profile.ThreadIndex {
        profile.threads.index(
            adding: Profile.Thread(
                process: thread.process, thread: thread.thread,
                name: index(thread.name), processName: index(thread.processName)))
    }

    mutating func index(_ text: String) -> Profile.StringIndex { profile.strings.index(adding: Spelling(text)) }
}
