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
        /// Without frames where there is no index. The second is its last frame of Python's import system, where none but
        /// native ones follow it.
        case stack(Profile.StackIndex?, importing: Profile.StackIndex?)
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
        if let old = sample.stack, case .stack(let new, _)? = places[old.position] { (stack, isBegun) = (new, true) }
        guard isBegun else { return }
        if filter.keepsPythonOnly, stack == nil, sample.stack != nil { stack = nativeStack() }
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
        var (start, importing): (Profile.StackIndex?, Profile.StackIndex?)
        var outermost = source.locations[location].lines.count - 1
        switch caller {
        case .stack(let stack, let open)?: (start, importing) = (stack, open)
        case .notBegun?, nil:
            guard let trim = tests.trim else { break }
            guard let first = source.locations[location].lines.lastIndex(where: { trim[$0.function.position] }) else {
                return .notBegun
            }
            outermost = first
        }
        if filter.foldsImports {
            if isOfImports(location) { return importPlace(calledFrom: start, importing: importing) }
            if isPython(location) { importing = nil }
        }
        let isWhole = outermost == source.locations[location].lines.count - 1
        guard let copy = isWhole ? copied(location) : copy(location, upTo: outermost) else {
            return .stack(start, importing: importing)
        }
        return .stack(builder.stack(of: copy, calledFrom: start), importing: importing)
    }

    // MARK: - Python

    /// The one frame that stands for the import system's, those before it and what they called.
    private mutating func importPlace(
        calledFrom start: Profile.StackIndex?, importing: Profile.StackIndex?
    ) -> RewrittenStack {
        let place = importing ?? stack(ofFunction: "[importlib]", .python, calledFrom: start)
        return .stack(place, importing: place)
    }

    /// What stands for a stack without Python functions.
    private mutating func nativeStack() -> Profile.StackIndex {
        stack(ofFunction: "[native]", .native, calledFrom: nil)
    }

    private mutating func stack(
        ofFunction name: String, _ kind: FrameKind, calledFrom caller: Profile.StackIndex?
    ) -> Profile.StackIndex {
        let line = Profile.Line(function: builder.function(named: name, kind: kind), number: nil)
        return builder.stack(of: builder.location(at: .unknown, lines: [line]), calledFrom: caller)
    }

    private func isPython(_ location: Profile.LocationIndex) -> Bool {
        source.locations[location].lines.contains { source.functions[$0.function].kind == .python }
    }

    /// Whether it is of the functions that import a module, which a traceback of Python omits.
    private func isOfImports(_ location: Profile.LocationIndex) -> Bool {
        source.locations[location].lines.allSatisfy { tests.imports[$0.function.position] }
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
            !tests.hidden[line.function.position]
        }
        guard !lines.isEmpty else { return nil }
        return builder.location(
            copying: location.position, lines: Array(lines), of: source, splittingLines: filter.splitsLines)
    }
}

/// Which functions of a profile a filter names, by their positions; `nil` where it names none.
private struct FunctionTests {
    let focus, ignore, trim: [Bool]?
    /// Those whose frames are taken out.
    let hidden: [Bool]
    /// Those of Python's import system.
    let imports: [Bool]

    init(_ profile: Profile, _ filter: ProfileFilter) {
        focus = filter.focus.map(profile.functions(named:))
        ignore = filter.ignore.map(profile.functions(named:))
        trim = filter.trim.map(profile.functions(named:))
        let named = filter.hide.map(profile.functions(named:))
        hidden = profile.functions.rows.enumerated().map { position, function in
            named?[position] ?? false || filter.keepsPythonOnly && function.kind != .python
        }
        imports = profile.functions.rows.map { function in
            function.kind == .python && function.file.map { Self.isOfImports(profile[text: $0]) } ?? false
        }
    }

    /// The files of the import system: frozen ones in an interpreter, and the package around them.
    private static func isOfImports(_ file: String) -> Bool {
        file.hasPrefix("<frozen importlib.") || file.hasPrefix("<frozen zipimport")
            || ["__init__.py", "_bootstrap.py", "_bootstrap_external.py"].contains {
                file.hasSuffix("/importlib/\($0)")
            }
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
