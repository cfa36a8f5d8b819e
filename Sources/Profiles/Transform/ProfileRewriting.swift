internal import ProfileModel

/// Copies of a profile what a filter keeps.
struct ProfileRewriting {
    private let source: Profile
    private let filter: ProfileFilter
    /// By the positions of functions.
    private let tests: FunctionTests
    private var builder: ProfileBuilder
    private var locations: [Profile.LocationIndex??]

    /// What becomes of a stack.
    private enum RewrittenStack {
        /// Trimmed, for no function so far is one at which stacks begin.
        case notBegun
        /// Without frames where there is no index.
        case stack(Profile.StackIndex?)
    }

    init(_ source: Profile, by filter: ProfileFilter) {
        self.source = source
        self.filter = filter
        tests = FunctionTests(source, filter)
        builder = ProfileBuilder(
            metadata: source.metadata, sampleTypes: source.sampleTypes, shown: source.shownSampleType)
        locations = Array(repeating: nil, count: source.locations.count)
    }

    consuming func result() -> Profile {
        let kept = keptSamples()
        let places = places(of: kept)
        for sample in kept { add(sample, places) }
        if let time = filter.time { cutMetadata(to: time) }
        var result = builder.finish()
        if !filter.keepsAll { result.recount() }
        return result
    }

    // MARK: - Samples

    private func keptSamples() -> [Profile.Sample] {
        let focused = stacksWith(tests.focus)
        let ignored = stacksWith(tests.ignore)
        let threads = source.threads.indices.map { filter.threads?(source.thread(at: $0)) ?? true }
        return source.samples.filter { sample in
            guard threads[sample.thread.position] else { return false }
            if let time = filter.time, sample.runs.within(time).isEmpty { return false }
            if filter.focus != nil, !(sample.stack.map { focused[$0.position] } ?? false) { return false }
            return !(sample.stack.map { ignored[$0.position] } ?? false)
        }
    }

    /// Of each stack whether it has one of the functions.
    private func stacksWith(_ functions: [Bool]?) -> [Bool] {
        guard let functions else { return Array(repeating: false, count: source.stacks.count) }
        let locations = source.locations.rows.map { $0.lines.contains { functions[$0.function.position] } }
        var found: [Bool] = []
        found.reserveCapacity(source.stacks.count)
        for stack in source.stacks.rows {
            found.append(locations[stack.location.position] || stack.caller.map { found[$0.position] } ?? false)
        }
        return found
    }

    private mutating func add(_ sample: Profile.Sample, _ places: [RewrittenStack?]) {
        var stack: Profile.StackIndex?
        var isBegun = filter.trim == nil
        if let old = sample.stack, case .stack(let new)? = places[old.position] { (stack, isBegun) = (new, true) }
        guard isBegun else { return }
        // What a trimmed stack lacks of its root is not part of it any more.
        let truncation = filter.trim == nil ? sample.truncation.map { source[text: $0] } : nil
        let thread = source.thread(at: sample.thread)
        guard let time = filter.time else {
            builder.add(
                at: stack, thread: thread, truncation: truncation, values: Array(sample.values), runs: sample.runs)
            return
        }
        let (runs, whole) = (sample.runs.within(time), sample.runs.count)
        let values = sample.values.map { $0.share(runs.count, of: whole) }
        builder.add(
            at: stack, thread: thread, truncation: truncation, values: values, runs: runs.since(time.lowerBound))
    }

    private mutating func cutMetadata(to time: Range<UInt64>) {
        let metadata = builder.metadata
        builder.metadata.startNanoseconds = metadata.startNanoseconds.map { $0 &+ time.lowerBound }
        builder.metadata.clockStartNanoseconds = metadata.clockStartNanoseconds.map { $0 &+ time.lowerBound }
        let end = metadata.durationNanoseconds.map { min($0, time.upperBound) }
        let known = end ?? (time.upperBound == .max ? nil : time.upperBound)
        builder.metadata.durationNanoseconds = known.map { $0 - min($0, time.lowerBound) }
    }

    // MARK: - Stacks

    /// What becomes of the stacks of samples and of their callers; `nil` of others.
    private mutating func places(of samples: [Profile.Sample]) -> [RewrittenStack?] {
        var isNeeded = Array(repeating: false, count: source.stacks.count)
        for sample in samples {
            var cursor = sample.stack
            while let stack = cursor, !isNeeded[stack.position] {
                isNeeded[stack.position] = true
                cursor = source.stacks[stack].caller
            }
        }
        var places: [RewrittenStack?] = Array(repeating: nil, count: source.stacks.count)
        for (position, stack) in source.stacks.rows.enumerated() where isNeeded[position] {
            let caller = stack.caller.flatMap { places[$0.position] }
            places[position] = place(of: stack.location, calledFrom: caller)
        }
        return places
    }

    private mutating func place(of location: Profile.LocationIndex, calledFrom caller: RewrittenStack?)
        -> RewrittenStack
    {
        let start: Profile.StackIndex?
        switch caller {
        case .stack(let stack)?: start = stack
        case .notBegun?, nil:
            if let trim = tests.trim {
                guard let first = source.locations[location].lines.lastIndex(where: { trim[$0.function.position] })
                else { return .notBegun }
                return .stack(copy(location, upTo: first).map { builder.stack(of: $0, calledFrom: nil) })
            }
            start = nil
        }
        guard let copy = copied(location) else { return .stack(start) }
        return .stack(builder.stack(of: copy, calledFrom: start))
    }

    private mutating func copied(_ location: Profile.LocationIndex) -> Profile.LocationIndex? {
        if let known = locations[location.position] { return known }
        let copy = copy(location, upTo: source.locations[location].lines.count - 1)
        locations[location.position] = .some(copy)
        return copy
    }

    /// - Parameter outermost: the position of the last line that is copied.
    private mutating func copy(_ index: Profile.LocationIndex, upTo outermost: Int) -> Profile.LocationIndex? {
        let location = source.locations[index]
        let lines = location.lines.prefix(outermost + 1).filter { line in
            !(tests.hide.map { $0[line.function.position] } ?? false)
        }
        guard !lines.isEmpty else { return nil }
        return builder.location(
            copying: location.position, lines: Array(lines), of: source, splittingLines: filter.splitsLines)
    }
}

/// Which functions of a profile a filter names, by their positions; `nil` where it names none.
private struct FunctionTests {
    let focus, ignore, hide, trim: [Bool]?

    init(_ profile: Profile, _ filter: ProfileFilter) {
        func results(_ test: ProfileFilter.NameTest?) -> [Bool]? {
            test.map { test in profile.functions.rows.map { test(profile[text: $0.name]) } }
        }
        focus = results(filter.focus)
        ignore = results(filter.ignore)
        hide = results(filter.hide)
        trim = results(filter.trim)
    }
}

extension Int64 {
    /// The value's share, rounded to the nearest number; all of it for the whole.
    fileprivate func share(_ part: UInt64, of whole: UInt64) -> Int64 {
        guard part < whole else { return self }
        let (quotient, remainder) = whole.dividingFullWidth(magnitude.multipliedFullWidth(by: part))
        let rounded = Int64(clamping: remainder >= whole - remainder ? quotient + 1 : quotient)
        return self < 0 ? -rounded : rounded
    }
}
