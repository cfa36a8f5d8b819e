import ProfileModel
import Profiles

/// The profile of a text of `perf script` while it is read.
struct PerfScriptSamples {
    private let types: [SampleType]
    private let start: UInt64?
    private var builder: ProfileBuilder
    private var header: PerfScriptHeader?
    /// The innermost first; those that were inlined precede the one that was called.
    private var frames: [PerfScriptFrame] = []
    private var processes: Set<ProcessID> = []
    private var end: UInt64 = 0

    /// - Parameters:
    ///   - types: `samples`, and those of all events.
    ///   - shown: the one of them that is shown.
    ///   - start: the time of the first event; `nil` where there are no times.
    init(_ types: [SampleType], shown: SampleType, start: UInt64?) {
        self.types = types
        self.start = start
        let known = start.flatMap { PerfScriptReader.isUTC($0) ? $0 : nil }
        builder = ProfileBuilder(
            metadata: ProfileMetadata(command: "perf script", startNanoseconds: known), sampleTypes: types,
            shown: shown)
        if known == nil { builder.metadata.clockStartNanoseconds = start }
    }

    var isInEvent: Bool { header != nil }
    var depth: Int { frames.count }
    /// What limits are checked of.
    var size: ProfileBuilder.Size { builder.size }

    mutating func begin(_ header: PerfScriptHeader) { self.header = header }

    mutating func add(_ frame: PerfScriptFrame) { frames.append(frame) }

    /// Adds the event, if there is one, with its stack.
    mutating func endEvent() {
        guard let header else { return }
        var truncation: String?
        if let root = frames.last, let reason = NamesInFiles.truncation(in: root.name), root.address.rawValue == 0 {
            truncation = reason
            frames.removeLast()
        }
        let type = PerfEventName.type(of: header.event)
        let values: [Int64] = types.map { $0 == type ? header.period : $0 == .samples ? 1 : 0 }
        builder.add(
            stack: locations(), thread: thread(of: header), truncation: truncation, values: values,
            runs: runs(of: header))
        self.header = nil
        frames.removeAll(keepingCapacity: true)
    }

    consuming func finish() -> Profile {
        endEvent()
        builder.metadata.processes = processes.sorted()
        if let start { builder.metadata.durationNanoseconds = end > start ? end - start : nil }
        builder.nameProcessesAfterMainThreads()
        return builder.finish()
    }

    private mutating func runs(of header: PerfScriptHeader) -> SampleRuns {
        var runs = SampleRuns()
        guard let time = header.time, let start else { return runs }
        end = max(end, time)
        runs.append(SampleRuns.Run(start: time - min(time, start), end: time - min(time, start), count: 1))
        return runs
    }

    private mutating func thread(of header: PerfScriptHeader) -> ProfiledThread {
        let process = header.process.map(ProcessID.init)
        if let process { processes.insert(process) }
        return ProfiledThread(
            process: process, thread: header.thread.map(ThreadID.init), name: header.comm, processName: header.comm)
    }

    /// The locations of the frames, the innermost first.
    private mutating func locations() -> [Profile.LocationIndex] {
        var locations: [Profile.LocationIndex] = []
        var lines: [Profile.Line] = []
        for (index, frame) in frames.enumerated() {
            // An inlined function belongs to the next frame of its address.
            let isLast = index + 1 == frames.count || frames[index + 1].address != frame.address
            let object = frame.object.map { $0 == "[kernel.kallsyms]" ? NamesInFiles.kernelPath : $0 }
            lines.append(Profile.Line(function: function(of: frame, in: object), number: nil))
            guard object != nil || isLast else { continue }
            locations.append(builder.location(at: position(of: frame, object), lines: lines))
            lines = []
        }
        return locations
    }

    private mutating func function(of frame: PerfScriptFrame, in object: String?) -> Profile.FunctionIndex {
        let name = Self.name(of: frame, in: object)
        let kind = NamesInFiles.kind(of: name, in: object)
        guard kind == .jit, let python = PythonNames.function(perf: name) else {
            return builder.function(named: name, kind: kind)
        }
        return builder.function(named: python.name, kind: .python, file: python.file)
    }

    /// `[unknown]` in an object is called after the address there, as elsewhere.
    private static func name(of frame: PerfScriptFrame, in object: String?) -> String {
        guard frame.name == "[unknown]", let object, !object.hasPrefix("["), !NamesInFiles.isJIT(mapping: object),
            let base = object.split(separator: "/").last
        else { return frame.name }
        return "[\(base)+\(frame.address)]"
    }

    private mutating func position(of frame: PerfScriptFrame, _ object: String?) -> Profile.Position {
        let isKnown = frame.address.rawValue != 0
        guard let object, object != "[unknown]", !NamesInFiles.isJIT(mapping: object) else {
            return isKnown ? .process(frame.address) : .unknown
        }
        let mapping = builder.mapping(path: object)
        return NamesInFiles.isKernel(mapping: object)
            ? .kernel(mapping, frame.address) : .object(mapping, FileAddress(rawValue: frame.address.rawValue))
    }
}
