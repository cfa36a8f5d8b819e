import Confinement
import ProcFS
import ProfileModel
import Recording
import Sampling
import SystemSupport
import WorkerControl

/// The stacks of one process with names: what is written as JSON, and what `DumpText` shows.
struct DumpReport: Encodable {
    let process: DescribedProcess
    /// When the threads were read.
    let start: UTCTimestamp
    /// In the order of their numbers.
    let threads: [Thread]
    /// `nil` where they were not asked for.
    let tasks: DumpTasks?
    /// Why there are no variables, where they were asked for.
    var missingLocals: String?

    struct Thread: Encodable {
        let tid: Int32
        let name: String
        let state: String
        /// Whether it was stopped to be read.
        let stopped: Bool
        /// Since it began.
        @Nullable var cpuSeconds: Double?
        /// What it sleeps in, by the kernel's name; `nil` of a thread that is in none, or was not asleep.
        @Nullable var systemCall: String?
        /// What it has to do with its interpreter's lock: `holds`, `waits` or `released`; `nil` where that isn't known, or
        /// there is none.
        @Nullable var gil: String?
        /// The call in which it waits, by all its frames.
        let waitingCall: String?
        /// Leaf first.
        let frames: [Row]
        /// `root`, `truncated` or `lost`.
        let ending: String
        /// Why a stack is truncated or lost.
        @Nullable var reason: String?
        fileprivate(set) var loss: SampleLedger.Loss?
        let isRunning: Bool
        /// Whether stopping it could show more than was read.
        let mayBeInterrupted: Bool

        private enum CodingKeys: CodingKey {
            case tid, name, state, stopped, cpuSeconds, systemCall, gil, frames, ending, reason
        }
    }

    struct Row: Encodable, Hashable {
        var address: String
        let name: String
        /// Whether the compiler put it into the function of the next row that is not inlined: both have one address.
        let inlined: Bool
        @Nullable var source: Source?
        @Nullable var object: String?
        let kind: String
        /// Of a Python function, where they were asked for and could be read; arguments first.
        @Nullable var locals: [DumpLocal]? = nil
        /// Why these are not all.
        @Nullable var localsReason: String? = nil

        struct Source: Encodable, Hashable {
            let file: String
            let line: Int
        }
    }

    /// - Parameters:
    ///   - tasks: those of event loops, where they were asked for.
    ///   - hasInterrupted: whether sleeping threads were stopped where that could show more.
    ///   - keepsPythonOnly: whether frames other than Python functions' are dropped.
    init(
        process: DescribedProcess, start: UTCTimestamp, threads: [StackDump.ThreadStack], tasks: DumpTasks?,
        worker: StackWorker, hasInterrupted: Bool, keepsPythonOnly: Bool
    ) {
        self.process = process
        self.tasks = tasks
        self.start = start
        let shown = threads.lazy.flatMap { $0.locations(ofPythonOnly: keepsPythonOnly) }
        let names = FrameNames(at: shown, worker: worker, kernel: nil)
        self.threads = threads.map {
            Thread($0, names, hasInterrupted: hasInterrupted, keepsPythonOnly: keepsPythonOnly)
        }
    }

    private enum CodingKeys: CodingKey { case threads, tasks }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(threads, forKey: .threads)
        try container.encode(tasks?.tasks, forKey: .tasks)
    }

    var hasStacks: Bool { threads.contains { !$0.frames.isEmpty } }

    /// Why threads have no stack.
    var losses: [SampleLedger.Loss] { threads.compactMap(\.loss) }

    var document: JSONDocument<DumpReport> { JSONDocument(.dump, about: process, start: start, self) }
}

extension DumpReport.Thread {
    init(_ read: StackDump.ThreadStack, _ names: FrameNames, hasInterrupted: Bool, keepsPythonOnly: Bool) {
        // Of others, one waits for a disk, or is in a frozen control group, and doesn't stop.
        mayBeInterrupted = read.state == .sleeping && !hasInterrupted
        tid = read.thread.thread.rawValue
        name = read.thread.name
        state = read.state.map { "\($0)" } ?? "unknown"
        isRunning = read.state == .running
        cpuSeconds = read.cpuNanoseconds.map { Double($0) / 1e9 }
        let call = read.systemCall.map { SystemCallName.text(of: $0.number) ?? "syscall_\($0.number)" }
        systemCall = call
        gil = read.lock.map { "\($0)" }
        let all: [DumpReport.Row]
        switch read.result {
        case .lost(let loss):
            (stopped, all, ending, reason) = (false, [], "lost", loss.rawValue)
            self.loss = loss
        case .stack(let stack, let wasStopped):
            stopped = wasStopped
            all = stack.frames.enumerated().flatMap { index, frame in
                let found = names.frames(at: frame.location)
                return found.indices.map {
                    var row = DumpReport.Row(frame, found[$0], isInlined: $0 < found.count - 1)
                    row.show(read.variables, ofFrame: index)
                    return row
                }
            }
            ending = stack.ending.truncation == nil ? "root" : "truncated"
            reason = stack.ending.truncation?.label
            loss = nil
        }
        waitingCall = WaitingCall.name(amid: all, systemCall: call)
        frames = keepsPythonOnly ? DumpReport.Row.ofPython(all) : all
    }
}

extension DumpReport.Row {
    /// The rows of Python functions; one that stands for all others where there is none.
    fileprivate static func ofPython(_ rows: [DumpReport.Row]) -> [DumpReport.Row] {
        let kept = rows.filter { $0.kind == FrameKind.python.rawValue }
        guard kept.isEmpty, let leaf = rows.first else { return kept }
        return [DumpReport.Row(standingForStackOf: leaf)]
    }

    private init(standingForStackOf leaf: DumpReport.Row) {
        (address, name, inlined) = (leaf.address, "[native]", false)
        (source, object) = (nil, nil)
        kind = FrameKind.native.rawValue
    }

    fileprivate init(_ raw: RawFrame, _ frame: Frame, isInlined: Bool) {
        let digits = String(raw.address.value.rawValue, radix: 16)
        address = "0x" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        name = frame.name
        inlined = isInlined
        source = frame.source.map { Source(file: $0.file, line: $0.line) }
        object = frame.object
        kind = frame.kind.rawValue
    }
}

extension StackDump.ThreadStack {
    /// What names are needed of: where only Python functions are shown, also of those that say in which call it waits.
    fileprivate func locations(ofPythonOnly keepsPythonOnly: Bool) -> [CodeLocation] {
        guard case .stack(let stack, _) = result else { return [] }
        let all = stack.frames.map(\.location)
        guard keepsPythonOnly else { return all }
        let called = systemCall == nil ? [] : all.prefix { !$0.isInterpreted }
        return called + all.filter(\.isInterpreted)
    }
}
