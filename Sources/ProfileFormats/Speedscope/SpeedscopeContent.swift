import ProfileModel
import Profiles

/// The profile of a file of speedscope.app while it is read.
struct SpeedscopeContent {
    private struct Frame {
        let location: Profile.LocationIndex
        let truncation: String?
    }

    /// A frame that was called, and the stack up to it.
    private struct Call {
        let frame: Int64
        let stack: Profile.StackIndex?
        let truncation: String?
    }

    private let limits: ProfileLimits
    private let isOwn: Bool
    private let types: [SampleType]
    private var builder: ProfileBuilder
    private var frames: [Frame] = []
    private var calls: [Call] = []
    private var thread = NamesInFiles.thread("")
    private var unit = SpeedscopeUnit.none
    private var processes: Set<ProcessID> = []
    /// Of the last event of the thread.
    private(set) var time = 0.0
    private var hasTime = false
    /// What times are counted from, in nanoseconds.
    private let start: Double

    /// - Parameters:
    ///   - units: those of the file's profiles, at least one.
    ///   - start: where the first of the profiles starts, in nanoseconds.
    ///   - isOwn: whether Sonde wrote the file: then a frame without a line has its object file for its file, and no
    ///     sample stands for a gap.
    init(command: String, units: [SpeedscopeUnit], start: Double, isOwn: Bool, _ limits: ProfileLimits) {
        self.start = start
        self.limits = limits
        self.isOwn = isOwn
        var types: [SampleType] = []
        for unit in units where !types.contains(unit.sampleType) { types.append(unit.sampleType) }
        if types.isEmpty { types = [.samples] }
        self.types = types
        builder = ProfileBuilder(
            metadata: ProfileMetadata(command: command), sampleTypes: types, shown: types[0])
    }

    mutating func addFrame(_ name: String, file: String?, line: Int?, at offset: Int) throws(ProfileReadingError) {
        let isPython = file.map(PythonNames.isPython) ?? false
        let isObject = file.map { isOwn && line == nil && !isPython || $0.hasPrefix("[") } ?? false
        let kind = isPython ? .python : NamesInFiles.kind(of: name, in: isObject ? file : nil)
        let function = builder.function(named: name, kind: kind, file: isObject ? nil : file)
        let location = builder.location(
            at: position(of: name, kind, object: isObject ? file : nil),
            lines: [Profile.Line(function: function, number: line)])
        frames.append(Frame(location: location, truncation: NamesInFiles.truncation(in: name)))
        try limits.check(builder.size, in: .speedscope, at: .byte(offset))
    }

    /// Begins one of the file's profiles.
    mutating func begin(thread name: String, _ unit: SpeedscopeUnit) {
        thread = NamesInFiles.thread(name)
        if let process = thread.process { processes.insert(process) }
        self.unit = unit
        calls = []
        time = 0
        hasTime = false
    }

    /// Adds a frame to the stack.
    mutating func call(_ index: Int64, at offset: Int) throws(ProfileReadingError) {
        guard let position = Int(exactly: index), frames.indices.contains(position) else {
            throw error("there is no frame \(index)", offset)
        }
        try limits.check(depth: calls.count + 1, in: .speedscope, at: .byte(offset))
        try limits.check(builder.size, in: .speedscope, at: .byte(offset))
        let (caller, frame) = (calls.last, frames[position])
        if caller == nil, let reason = frame.truncation {
            calls.append(Call(frame: index, stack: nil, truncation: reason))
        } else {
            let stack = builder.stack(of: frame.location, calledFrom: caller?.stack)
            calls.append(Call(frame: index, stack: stack, truncation: caller?.truncation))
        }
    }

    /// Takes the innermost frame off the stack.
    mutating func leave(_ index: Int64, at offset: Int) throws(ProfileReadingError) {
        guard let call = calls.popLast() else { throw error("frame \(index) ends, and none has begun", offset) }
        guard call.frame == index else { throw error("frame \(index) ends before frame \(call.frame)", offset) }
    }

    /// Adds the stack with a weight, and begins another one.
    mutating func endSample(weight: Double, at offset: Int) throws(ProfileReadingError) {
        try add(weight * unit.factor, SampleRuns(), offset)
        calls.removeAll(keepingCapacity: true)
    }

    /// Adds the stack for the time since the last event.
    mutating func reach(_ next: Double, at offset: Int) throws(ProfileReadingError) {
        guard !hasTime || next >= time else { throw error("events are not in the order of their times", offset) }
        defer { (time, hasTime) = (next, true) }
        guard hasTime, !calls.isEmpty, next > time else { return }
        var runs = SampleRuns()
        let ends = [time, next].map { Self.integer($0 * unit.factor - self.start) }
        let (start, end) = (UInt64(clamping: ends[0]), ends[1])
        // Each unit of time counts, as stacks are there for different times.
        if unit.sampleType.unit == .nanoseconds, end > Int64(clamping: start) {
            runs.append(SampleRuns.Run(start: start, end: UInt64(end) - 1, count: UInt64(end) - start))
        }
        try add((next - time) * unit.factor, runs, offset)
    }

    consuming func finish() -> Profile {
        builder.metadata.processes = processes.sorted()
        builder.nameProcessesAfterMainThreads()
        return builder.finish()
    }

    private mutating func add(_ weight: Double, _ runs: SampleRuns, _ offset: Int) throws(ProfileReadingError) {
        // Others write a sample without a stack for a time in which nothing was sampled.
        guard isOwn || !calls.isEmpty else { return }
        let call = calls.last
        let value = Self.integer(weight)
        builder.add(
            at: call?.stack, thread: thread, truncation: call?.truncation,
            values: types.map { $0 == unit.sampleType ? value : 0 }, runs: runs)
        try limits.check(builder.size, in: .speedscope, at: .byte(offset))
    }

    private mutating func position(of name: String, _ kind: FrameKind, object: String?) -> Profile.Position {
        if let object, kind == .kernel {
            return .kernel(builder.mapping(path: object), Address(rawValue: 0))
        }
        let offset = NamesInFiles.offset(in: name)
        guard kind != .jit, kind != .python, let path = object ?? offset?.object else { return .unknown }
        return .object(builder.mapping(path: path), offset?.address ?? FileAddress(rawValue: 0))
    }

    private static func integer(_ value: Double) -> Int64 {
        Int64(exactly: value.rounded()) ?? (value < 0 ? -.max : .max)
    }

    private func error(_ text: String, _ offset: Int) -> ProfileReadingError {
        ProfileReadingError(.malformed(text), in: .speedscope, at: .byte(offset))
    }
}
