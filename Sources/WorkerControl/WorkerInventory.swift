internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess
internal import WorkerProtocol

/// What requests to a worker refer to: processes with their mappings and perf maps, and object files.
///
/// A worker is given each once, before the first request that needs it.
struct WorkerInventory {
    let objects: TracedObjects
    private let frameLimit: Int
    private var given = Given()
    private var processes: [ProcessKey: RegisteredProcess] = [:]
    private var perfMaps: [ProcessKey: UsedPerfMap] = [:]
    private var lastKey: UInt32 = 0

    /// What the present worker has.
    private struct Given {
        var objects: Set<ObjectID> = []
        /// The versions of each process's mappings, the oldest first.
        var maps: [ProcessKey: [MemoryMap.Version]] = [:]
        var perfMaps: [ProcessKey: ObjectID] = [:]
    }

    private struct RegisteredProcess {
        let readsRuntimes: Bool
        let openMemory: @Sendable () -> OwnedDescriptor?
    }

    private struct UsedPerfMap {
        let map: ObjectID
        let since: MonotonicTime
    }

    private static let mapLimit = 16

    init(objects: TracedObjects, frameLimit: Int) {
        self.objects = objects
        self.frameLimit = frameLimit
    }

    /// Another worker is in place of the one that was given all this.
    mutating func beginAnew() { given = Given() }

    // MARK: - Processes

    mutating func register(
        readsRuntimes: Bool, _ openMemory: @escaping @Sendable () -> OwnedDescriptor?
    ) -> ProcessKey {
        lastKey += 1
        let key = ProcessKey(rawValue: lastKey)
        processes[key] = RegisteredProcess(readsRuntimes: readsRuntimes, openMemory: openMemory)
        return key
    }

    mutating func reopenMemory(of process: ProcessKey) { given.maps[process] = nil }

    mutating func usePerfMap(_ map: ObjectID, of process: ProcessKey, since time: MonotonicTime) {
        perfMaps[process] = UsedPerfMap(map: map, since: time)
        given.perfMaps[process] = nil
    }

    /// Returns whether the worker knows the process.
    mutating func discard(_ process: ProcessKey) -> Bool {
        processes[process] = nil
        perfMaps[process] = nil
        given.perfMaps[process] = nil
        return given.maps.removeValue(forKey: process) != nil
    }

    /// Gives what the stack of a request lies in.
    ///
    /// - Parameter refused: object files that are given to no worker.
    mutating func give(
        _ request: UnwindRequest, to worker: RunningWorker, except refused: Set<ObjectID>
    ) throws(MessageChannel.Failure) {
        try give([request.map] + request.others, of: request.process, to: worker, except: refused)
        try givePerfMap(of: request.process, to: worker, except: refused)
        let needed = Set(([request.map] + request.others).map(\.version))
        while let versions = given.maps[request.process], versions.count > Self.mapLimit,
            let oldest = versions.first(where: { !needed.contains($0) })
        {
            worker.add(.discardMap(request.process, oldest))
            given.maps[request.process]?.removeAll { $0 == oldest }
        }
    }

    /// Gives what a process has mapped, with the files behind it.
    mutating func give(
        _ maps: [MemoryMap], of process: ProcessKey, to worker: RunningWorker, except refused: Set<ObjectID>
    ) throws(MessageChannel.Failure) {
        for map in maps where given.maps[process]?.contains(map.version) != true {
            for object in map.objects { try give(object, to: worker, except: refused) }
            if given.maps[process] == nil { try giveProcess(process, to: worker) }
            worker.add(.map(process, map.version, map.ranges))
            given.maps[process, default: []].append(map.version)
        }
    }

    /// Gives a process without what it has mapped: its memory is enough.
    mutating func give(_ process: ProcessKey, to worker: RunningWorker) throws(MessageChannel.Failure) {
        guard given.maps[process] == nil else { return }
        try giveProcess(process, to: worker)
        given.maps[process] = []
    }

    private mutating func giveProcess(_ key: ProcessKey, to worker: RunningWorker) throws(MessageChannel.Failure) {
        let process = processes[key]
        func request(hasMemory: Bool) -> WorkerRequest {
            .process(
                key, frameLimit: UInt32(clamping: frameLimit), readsRuntimes: process?.readsRuntimes ?? false,
                hasMemory: hasMemory)
        }
        if let memory = process?.openMemory() {
            try worker.add(request(hasMemory: true), owning: memory)
        } else {
            worker.add(request(hasMemory: false))
        }
        given.perfMaps[key] = nil
    }

    private mutating func givePerfMap(
        of key: ProcessKey, to worker: RunningWorker, except refused: Set<ObjectID>
    ) throws(MessageChannel.Failure) {
        guard let used = perfMaps[key], given.perfMaps[key] != used.map else { return }
        try give(used.map, to: worker, except: refused)
        worker.add(.usePerfMap(used.map, key, since: used.since.nanoseconds))
        given.perfMaps[key] = used.map
    }

    // MARK: - Object files

    mutating func give(
        _ object: ObjectID, to worker: RunningWorker, except refused: Set<ObjectID>
    ) throws(MessageChannel.Failure) {
        guard !refused.contains(object), given.objects.insert(object).inserted, let entry = objects.entry(object)
        else { return }
        switch entry.source {
        case .file(let descriptor):
            try worker.add(.object(object, path: entry.path), descriptor: descriptor.rawValue)
        case .image(let bytes): worker.add(.image(object, path: entry.path, bytes: bytes))
        case .perfMap(let descriptor): try worker.add(.perfMap(object), descriptor: descriptor.rawValue)
        }
    }

    /// Closes the object files that nothing uses, and returns them.
    mutating func evictObjects(keeping used: Set<ObjectID>) -> [ObjectID] {
        let evicted = objects.evict(keeping: used)
        given.objects.subtract(evicted)
        return evicted
    }
}
