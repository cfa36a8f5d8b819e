internal import ProfileModel
internal import SystemSupport
internal import TargetProcess
internal import WorkerControl
internal import WorkerProtocol

/// Finds the perf map that a process writes, also once it begins to write one, or another one.
struct PerfMapFollower {
    /// Nanoseconds between two searches: the name is resolved in the process's own file system.
    private static let interval: UInt64 = 1_000_000_000

    private let worker: StackWorker
    private let key: ProcessKey
    private let objects: TracedObjects
    /// The number of the one that was found last.
    private(set) var map: ObjectID?
    private var lastSearch: MonotonicTime?
    /// Between which times the process executed its program, where it was seen to; only later stacks are of the map's code.
    private var execution: ClosedRange<MonotonicTime>?

    init(of key: ProcessKey, worker: StackWorker, objects: TracedObjects) {
        self.key = key
        self.worker = worker
        self.objects = objects
    }

    /// The process has executed another program between those times.
    mutating func restart(between times: ClosedRange<MonotonicTime>) {
        (map, lastSearch, execution) = (nil, nil, times)
    }

    /// Has the worker name generated code by the map that there is now; to be called as often as stacks are unwound.
    mutating func follow(_ context: ProcessContext) {
        let now = MonotonicTime.now
        if let lastSearch, now.since(lastSearch) < Self.interval { return }
        defer { lastSearch = now }
        guard !context.hasVanished, context.map.hasGeneratedCode, let found = find(context), found != map else {
            return
        }
        // What takes the place of another map says nothing of the code before.
        let start = map == nil ? execution?.upperBound : lastSearch
        worker.usePerfMap(found, of: key, since: start ?? MonotonicTime(nanoseconds: 0))
        map = found
    }

    private func find(_ context: ProcessContext) -> ObjectID? {
        guard let file = PerfMapFile.open(of: context.directory, since: execution?.lowerBound) else { return nil }
        return objects.add(perfMap: file)
    }
}

extension MemoryMap {
    /// Whether it has executable memory that a runtime may have written.
    fileprivate var hasGeneratedCode: Bool {
        ranges.contains { range in
            guard range.isExecutable else { return false }
            return switch range.content {
            case .anonymous, .heap, .stack: true
            case .named(let name): name.hasPrefix("[anon")
            case .file(let path, _): path.hasPrefix(MappedRange.memoryFilePrefix)
            case .vdso: false
            }
        }
    }
}
