internal import DebugInfo
internal import ObjectFiles
internal import PerfMaps
internal import ProcFS
internal import ProfileModel
internal import Runtimes
internal import Symbolication
internal import SystemSupport
internal import Unwinding
package import WorkerProtocol

/// The worker: reads what targets wrote (object files, stacks, code, names), on behalf of a tracer that doesn't.
///
/// Belongs to one thread. Whatever ends it ends nothing else: the shared area says what it was at.
package final class WorkerServer {
    private let connection: WorkerConnection
    private let area: SharedArea
    private let objects: ObjectTable
    private let hasDebugServers: Bool
    private let tables: UnwindTableCache
    private let functions: FunctionBounds
    private let debugInformation = DebugInformationStore()
    private let symbolicator: Symbolicator
    private var processes: [ProcessKey: MappedProcess] = [:]
    private let perfMaps = PerfMapTable()
    private let functionsInStacks = InterpretedFunctionSink()
    private let skippedNames = SkippedNames()

    private final class SkippedNames {
        var symbols: Set<SymbolPlace> = []
    }

    /// - Parameters:
    ///   - showsTemplateArguments: whether C++ names have long lists of template arguments.
    ///   - hasDebugServers: whether the tracer has servers asked for debug information that no directory has.
    package init(
        channel: consuming MessageChannel, area: SharedArea, showsTemplateArguments: Bool = false,
        hasDebugServers: Bool = false
    ) {
        let connection = WorkerConnection(channel)
        let objects = ObjectTable(
            debugFiles: RemoteDebugFiles(connection, hasServers: hasDebugServers), area: area)
        let tables = UnwindTableCache(notingReadsIn: area)
        let functions = FunctionBounds(tables: tables)
        let (skipped, perfMaps) = (skippedNames, perfMaps)
        self.connection = connection
        self.area = area
        self.objects = objects
        self.hasDebugServers = hasDebugServers
        self.tables = tables
        self.functions = functions
        symbolicator = Symbolicator(
            object: { objects.object($0) }, path: { objects.path(of: $0) },
            generatedCode: { perfMaps.name(of: $1, in: $0) }, debugInformation: debugInformation,
            mayReadDebugInformation: { object in
                let place = SymbolPlace.debugInformation(of: object.id)
                guard !skipped.symbols.contains(place) else { return false }
                area.activity.object = object.id
                area.activity.symbol = place.address
                return true
            },
            lastFunction: { functions.lastFunction(of: $0, startingBefore: $1) },
            mayDemangle: { object, address in
                guard !skipped.symbols.contains(SymbolPlace(object: object.id, address: address)) else { return false }
                area.activity.object = object.id
                area.activity.symbol = address
                return true
            }, showsTemplateArguments: showsTemplateArguments)
    }

    /// Serves the tracer until it goes.
    package func run(as state: WorkerState) {
        do throws(MessageChannel.Failure) {
            area.activity = .idle
            try connection.channel.send(WorkerReply.ready(state).bytes)
            while true {
                var message = try connection.channel.receive()
                // The tracer makes no mistakes: whatever it says that isn't understood ends the worker.
                guard let requests = try? WorkerRequest.requests(parsing: message.bytes) else { return }
                for request in requests {
                    if case .readVariables(let snapshot, let reading) = request {
                        try sendVariables(snapshot, reading)
                    } else if let reply = answer(request, &message) {
                        try connection.channel.send(reply.bytes)
                    }
                }
            }
        } catch {
            return
        }
    }

    private func answer(_ request: WorkerRequest, _ message: inout MessageChannel.Message) -> WorkerReply? {
        switch request {
        case .object(let id, let path):
            if let descriptor = message.takeDescriptor() { objects.add(id, path: path, descriptor) }
        case .image(let id, let path, let bytes): objects.add(id, path: path, image: bytes)
        case .perfMap(let id):
            if let descriptor = message.takeDescriptor() { perfMaps.add(id, descriptor, objects.budget) }
        case .usePerfMap(let id, let key, let since):
            if let map = perfMaps[id] { processes[key]?.use(map, id, since: since) }
        case .process(let key, let frameLimit, let readsRuntimes, let hasMemory):
            add(key, Int(frameLimit), readsRuntimes, hasMemory ? message.takeDescriptor() : nil)
        case .map(let key, let version, let ranges):
            processes[key]?.add(ranges, version, noting: area) { objects.object($0) }
            area.activity = .idle
        case .discardMap(let key, let version): processes[key]?.discardMap(version)
        case .discardProcess(let key): processes[key] = nil
        case .skipNames(let symbols): skippedNames.symbols.formUnion(symbols)
        case .unwind(let snapshots):
            let stacks = unwind(snapshots)
            return .stacks(stacks, functions: functionsInStacks.takeUnsent(byteLimit: MessageLimits.reply / 4))
        case .name(let locations): return .frames(name(locations))
        case .describeRuntimes(let key):
            return .runtimes(
                processes[key]?.runtimeSummaries ?? [], sharedPlan: processes[key]?.sharedInterpreterPlan)
        case .readTasks(let key, let map):
            defer { area.activity = .idle }
            let tasks = processes[key]?.tasks(in: map, naming: functionsInStacks, noting: area) ?? .none
            return .tasks(tasks, functions: functionsInStacks.takeUnsent(byteLimit: MessageLimits.reply / 4))
        case .scanHeap(let key, let ranges, let input, let hasPageMap):
            defer { area.activity = .idle }
            let pages = hasPageMap ? message.takeDescriptor() : nil
            return processes[key]?.scanHeap(ranges, input, pages, noting: area).map(WorkerReply.heapScan)
        case .describeUnreached(let key):
            defer { area.activity = .idle }
            return .blocks(processes[key]?.unreachedBlocks(noting: area) ?? BlockGroupList([]))
        case .readHeap(let key, let ranges, let hasPageMap):
            defer { area.activity = .idle }
            let pages = hasPageMap ? message.takeDescriptor() : nil
            return processes[key]?.readHeap(ranges, pages, noting: area).map(WorkerReply.heapContents)
        case .describe(let id): return .object(objects.object(id).map(ObjectSummary.init))
        case .countLosses:
            let refusals = objects.budget.refusals.values.reduce(0, +) + debugInformation.refusals
            let damage = perfMaps.damage
            return .losses(
                ParsingLosses(
                    budgetExhausted: UInt32(clamping: refusals),
                    damagedPerfMapLines: UInt32(clamping: damage?.lines ?? 0),
                    firstDamagedOffset: damage?.firstOffset ?? 0))
        case .renewBudget(let discarded):
            objects.discard(discarded)
            perfMaps.discard(discarded)
            tables.discard(discarded)
            skippedNames.symbols = skippedNames.symbols.filter { !discarded.contains($0.object) }
            debugInformation.discard(discarded)
            objects.budget.renew()
            debugInformation.budget.renew()
        case .debugFile, .readVariables: break
        }
        return nil
    }

    private func add(
        _ key: ProcessKey, _ frameLimit: Int, _ readsRuntimes: Bool, _ descriptor: consuming OwnedDescriptor?
    ) {
        let memory: ProcessMemory? = if let descriptor { ProcessMemory(descriptor) } else { nil }
        processes[key] = try? MappedProcess(
            memory: memory, tables: tables, frameLimit: frameLimit, readsRuntimes: readsRuntimes)
    }

    private func unwind(_ snapshots: [SnapshotReference]) -> [UnwoundStack] {
        defer { area.activity = .idle }
        beginBatch(of: Set(snapshots.map(\.process)))
        return snapshots.enumerated().map { index, snapshot in
            area.activity = SharedArea.Activity(phase: .stack, index: index)
            return unwind(snapshot).stack
        }
    }

    private func unwind(_ snapshot: SnapshotReference) -> MappedProcess.Unwound {
        processes[snapshot.process]?.unwind(snapshot, in: area, naming: functionsInStacks)
            ?? .truncated(.unreadableMemory(snapshot.stack.base))
    }

    /// Reads variables before anything else: the thread may be stopped for it.
    private func sendVariables(
        _ snapshot: SnapshotReference, _ reading: VariableReading
    ) throws(MessageChannel.Failure) {
        defer { area.activity = .idle }
        area.activity = SharedArea.Activity(phase: .stack, index: 0)
        let variables = processes[snapshot.process]?.variables(in: snapshot, in: area, reading) ?? [:]
        try connection.channel.send(WorkerReply.hasReadVariables.bytes)
        beginBatch(of: [snapshot.process])
        area.activity = SharedArea.Activity(phase: .stack, index: 0)
        let unwound = unwind(snapshot)
        let ofFrames = unwound.records.compactMapValues { variables[$0] }
        let functions = functionsInStacks.takeUnsent(byteLimit: MessageLimits.reply / 4)
        try connection.channel.send(WorkerReply.variables(unwound.stack, ofFrames, functions: functions).bytes)
    }

    private func beginBatch(of keys: Set<ProcessKey>) {
        for process in keys.compactMap({ processes[$0] }) {
            area.activity.object = process.perfMapID
            process.beginBatch()
        }
    }

    /// The frames at the first locations, and at least at one: as many as a reply has room for.
    private func name(_ locations: [CodeLocation]) -> [[Frame]] {
        defer { area.activity = .idle }
        prepareSymbols(of: locations)
        var named: [[Frame]] = []
        var bytes = 0
        for (index, location) in locations.enumerated() where bytes < MessageLimits.reply / 2 {
            area.activity = SharedArea.Activity(phase: .name, index: index)
            if let file = location.file { area.activity.object = file }
            let frames = symbolicator.frames(for: location)
            bytes += frames.reduce(0) { $0 + $1.textSize + Self.frameSize }
            named.append(frames)
        }
        return named
    }

    /// What a frame takes in a message beside its texts, at most.
    private static let frameSize = 64

    /// Whatever is wrong with what comes, the file itself keeps its names.
    private func downloadDebugFile(of object: ObjectFile) {
        let place = SymbolPlace.debugInformation(of: object.id)
        guard hasDebugServers, !skippedNames.symbols.contains(place) else { return }
        area.activity.symbol = place.address
        defer { area.activity.symbol = nil }
        object.downloadDebugFile()
    }

    private func prepareSymbols(of locations: [CodeLocation]) {
        var addresses: [ObjectID: Set<FileAddress>] = [:]
        for case .object(let id, let address) in locations { addresses[id, default: []].insert(address) }
        for (id, addresses) in addresses {
            area.activity.object = id
            guard let object = objects.object(id) else { continue }
            downloadDebugFile(of: object)
            object.prepareSymbols(for: addresses) {
                // A symbol without a size is looked up where its function begins.
                addresses.compactMap { functions.lastFunction(of: object, startingBefore: $0)?.lowerBound }
            }
        }
    }
}

extension UnwindTableCache {
    /// Names the object file whose tables are read, and afterwards the one again for which they were read.
    fileprivate convenience init(notingReadsIn area: SharedArea) {
        var previous: ObjectID?
        self.init { object in
            if object != nil { previous = area.activity.object }
            area.activity.object = object ?? previous
        }
    }
}

extension ObjectSummary {
    fileprivate init(_ object: ObjectFile) {
        let symbols: Symbols =
            if object.section(named: ".symtab") != nil {
                .symbolTable
            } else if object.section(named: ".gnu_debugdata") != nil {
                .embedded
            } else {
                .stripped
            }
        let segments = object.segments.filter(\.isExecutable).map { segment in
            CodeSegment(
                start: segment.address, limit: FileAddress(rawValue: segment.address.rawValue &+ segment.memorySize),
                fileOffset: segment.fileOffset)
        }
        self.init(buildID: object.buildID, symbols: symbols, segments: segments)
    }
}
