package import ProfileModel

/// Fills the tables of a profile.
package struct ProfileBuilder: Sendable {
    private var profile: Profile
    /// The sum of the magnitudes of all values of each type.
    private var magnitudes: [UInt64]
    /// How many frames each stack has.
    private var depths: [Int] = []
    private var frameCount = 0

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
        let lines = frames.map { frame in
            let function = function(
                named: frame.name, systemName: frame.systemName, kind: frame.kind, file: frame.source?.file,
                startLine: frame.source?.functionLine)
            return Profile.Line(function: function, number: frame.source?.line)
        }
        return location(at: position, lines: lines)
    }

    /// The location of an instruction whose functions have their rows already.
    package mutating func location(at position: Profile.Position, lines: [Profile.Line]) -> Profile.LocationIndex {
        precondition(!lines.isEmpty, "a location has at least one line")
        return profile.locations.index(adding: Profile.Location(position: position, lines: lines))
    }

    /// A function; equal ones are one.
    package mutating func function(
        named name: String, systemName: String? = nil, kind: FrameKind, file: String? = nil, startLine: Int? = nil
    ) -> Profile.FunctionIndex {
        profile.functions.index(
            adding: Profile.Function(
                name: index(name), systemName: systemName.map { index($0) }, kind: kind, file: file.map { index($0) },
                startLine: startLine))
    }

    /// The stack of a location that was called from another stack, or is the outermost.
    package mutating func stack(
        of location: Profile.LocationIndex, calledFrom caller: Profile.StackIndex?
    ) -> Profile.StackIndex {
        let index = profile.stacks.index(adding: Profile.Stack(caller: caller, location: location))
        if index.position == depths.count { depths.append(1 + (caller.map { depths[$0.position] } ?? 0)) }
        return index
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
        let accepted = accepted(values)
        guard accepted.contains(where: { $0 != 0 }) else { return }
        var stack: Profile.StackIndex?
        for location in leafFirst.reversed() { stack = self.stack(of: location, calledFrom: stack) }
        add(accepted, to: stack, thread, truncation, runs)
    }

    /// Adds values to a stack that has its rows already; `nil` for one without any location.
    package mutating func add(
        at stack: Profile.StackIndex?, thread: ProfiledThread, truncation: String? = nil, values: [Int64],
        runs: SampleRuns = SampleRuns()
    ) {
        let accepted = accepted(values)
        guard accepted.contains(where: { $0 != 0 }) else { return }
        add(accepted, to: stack, thread, truncation, runs)
    }

    /// Gives each process the name of its main thread, for files that name threads only.
    package mutating func nameProcessesAfterMainThreads() {
        var names: [ProcessID: Profile.StringIndex] = [:]
        for thread in profile.threads.rows where thread.process?.rawValue == thread.thread?.rawValue {
            if let process = thread.process { names[process] = thread.name }
        }
        var threads = Table<Profile.Thread>()
        for thread in profile.threads.rows {
            let processName = thread.process.flatMap { names[$0] } ?? thread.processName
            _ = threads.index(
                adding: Profile.Thread(
                    process: thread.process, thread: thread.thread, name: thread.name, processName: processName))
        }
        // As many as before unless two differed in the process's name only.
        if threads.count == profile.threads.count { profile.threads = threads }
    }

    /// How large a profile is.
    package struct Size: Sendable {
        /// The rows of all tables: what a profile takes of memory grows with it.
        package let rows: Int
        /// The frames of the stacks of all samples: what it takes of time to work on them grows with it.
        package let frames: Int
    }

    package var size: Size { Size(rows: rowCount, frames: frameCount) }

    private var rowCount: Int {
        profile.strings.count + profile.mappings.count + profile.functions.count + profile.locations.count
            + profile.stacks.count + profile.threads.count + profile.samplesByKey.count
    }

    /// The types of the values that each sample has.
    package var sampleTypes: [SampleType] { profile.sampleTypes }

    /// What the profile says of the recording.
    package var metadata: ProfileMetadata {
        get { profile.metadata }
        set { profile.metadata = newValue }
    }

    /// The profile of what was added.
    package consuming func finish() -> Profile { profile }

    private mutating func add(
        _ accepted: [Int64], to stack: Profile.StackIndex?, _ thread: ProfiledThread, _ truncation: String?,
        _ runs: SampleRuns
    ) {
        let key = Profile.SampleKey(stack: stack, thread: index(thread), truncation: truncation.map { index($0) })
        let sample = profile.samplesByKey.index(adding: key).position
        let start = sample * accepted.count
        if sample == profile.runs.count {
            frameCount += stack.map { depths[$0.position] } ?? 0
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

    /// The parts of values with which the magnitudes still fit in an `Int64`.
    private func accepted(_ values: [Int64]) -> [Int64] {
        precondition(values.count == profile.sampleTypes.count, "a sample has a value for each of the profile's types")
        return zip(values, magnitudes).map { value, magnitude in
            let room = Int64.max - Int64(clamping: magnitude)
            return min(max(value, -room), room)
        }
    }

    private mutating func index(_ thread: ProfiledThread) -> Profile.ThreadIndex {
        profile.threads.index(
            adding: Profile.Thread(
                process: thread.process, thread: thread.thread,
                name: index(thread.name), processName: index(thread.processName)))
    }

    private mutating func index(_ text: String) -> Profile.StringIndex { profile.strings.index(adding: Spelling(text)) }
}
