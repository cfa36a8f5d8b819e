internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess
internal import WorkerProtocol

/// The tracer's side of the worker: what it has been given, and what became of it.
struct WorkerSession: ~Copyable {
    private let launcher: any WorkerLauncher
    private let frameLimit: Int
    private let requiresConfinement: Bool
    let clock = WorkClock()
    private var debugFiles: DebugFileRequests
    private var worker: RunningWorker?
    private var inventory: WorkerInventory
    /// What ended workers, and isn't handed to another one.
    private var quarantine = Quarantine()
    private var losses = WorkerLosses()
    private var functions = InterpretedFunctions()
    /// Whether anything was asked of workers in this interval.
    private var hasAsked = false

    init(
        launcher: any WorkerLauncher, objects: TracedObjects, frameLimit: Int, requiresConfinement: Bool,
        downloader: (any DebugFileDownloader)?
    ) {
        self.launcher = launcher
        inventory = WorkerInventory(objects: objects, frameLimit: frameLimit)
        self.frameLimit = frameLimit
        self.requiresConfinement = requiresConfinement
        debugFiles = DebugFileRequests(objects: objects, downloader: downloader, clock: clock)
    }

    var objects: TracedObjects { inventory.objects }
    var state: WorkerState? { worker?.state }
    var processID: Int32? { worker?.processID }

    /// Starts a worker, and waits until it is ready.
    mutating func start() throws(WorkerLaunchError) { _ = try startAnother() }

    /// Returns how the worker before it ended; a worker that ends before it is ready is replaced as well.
    private mutating func startAnother() throws(WorkerLaunchError) -> WorkerEnd? {
        var previousEnd: WorkerEnd?
        for _ in 1..<Self.starts {
            do throws(WorkerLaunchError) {
                let end = try startOnce()
                return previousEnd ?? end
            } catch .ended(let end) {
                previousEnd = previousEnd ?? end
            }
        }
        let end = try startOnce()
        return previousEnd ?? end
    }

    private static let starts = 8

    private mutating func startOnce() throws(WorkerLaunchError) -> WorkerEnd? {
        inventory.beginAnew()
        let launched = try launcher.launch()
        let previousEnd = launched.previousEnd
        let started = try RunningWorker(
            launched, area: launcher.area, previousEnd: previousEnd, clock: clock)
        guard started.state.isConfined || !requiresConfinement else {
            started.kill()
            throw .notConfined(reason: "it kept rights")
        }
        worker = started
        if !quarantine.symbols.isEmpty {
            worker?.add(.skipNames(Array(quarantine.symbols)))
        }
        return previousEnd
    }

    // MARK: - Processes

    mutating func register(
        readsRuntimes: Bool, _ openMemory: @escaping @Sendable () -> OwnedDescriptor?
    ) -> ProcessKey {
        inventory.register(readsRuntimes: readsRuntimes, openMemory)
    }

    mutating func reopenMemory(of process: ProcessKey) { inventory.reopenMemory(of: process) }

    mutating func usePerfMap(_ map: ObjectID, of process: ProcessKey, since time: MonotonicTime) {
        inventory.usePerfMap(map, of: process, since: time)
    }

    mutating func discard(_ process: ProcessKey) {
        quarantine.stacks[process] = nil
        if inventory.discard(process) { worker?.add(.discardProcess(process)) }
    }

    // MARK: - Stacks

    mutating func unwind(_ requests: [UnwindRequest]) -> [UnwindOutcome] {
        var outcomes = requests.map { quarantine.refusal(of: $0.process) }
        var rest = requests.indices.filter { outcomes[$0] == nil }[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(count(thatFits: rest, requests)))
            var attempts = Self.attempts
            var restarts = Self.restarts
            var pending = batch
            while !pending.isEmpty {
                let result = attempt(.none) { (session) throws(MessageChannel.Failure) in
                    try session.unwindOnce(pending.map { requests[$0] })
                }
                switch result {
                case .success(let stacks):
                    for (index, stack) in zip(pending, stacks) { outcomes[index] = .stack(stack) }
                    pending = []
                case .failure(let failed):
                    attempts -= failed.isBlamed ? 0 : 1
                    restarts -= 1
                    if let item = failed.item, item < pending.count {
                        let index = pending.remove(at: item)
                        quarantine.noteStack(of: requests[index].process, failed.failure)
                        outcomes[index] = .lost(failed.failure)
                    }
                    if attempts == 0 || restarts == 0 || failed.isFinal {
                        for index in pending { outcomes[index] = .lost(failed.failure) }
                        pending = []
                    }
                }
            }
            rest = rest.dropFirst(batch.count)
        }
        return outcomes.map { $0 ?? .lost(.crashed) }
    }

    /// So often a request is tried whose worker ended without a reason in what it read.
    private static let attempts = 3
    /// So many workers one request may cost: what they say of what they were at can be anything.
    private static let restarts = 64
    /// Frames of all stacks that one reply may bring.
    private static let framesAtOnce = 1 << 17

    private func count(thatFits rest: ArraySlice<Int>, _ requests: [UnwindRequest]) -> Int {
        var bytes = 0
        let fitting = rest.prefix { index in
            bytes += requests[index].snapshot.byteCount
            return bytes <= launcher.area.capacity
        }
        return max(1, min(fitting.count, Self.framesAtOnce / max(1, frameLimit)))
    }

    private mutating func unwindOnce(_ requests: [UnwindRequest]) throws(MessageChannel.Failure) -> [UnwoundStack] {
        var references: [SnapshotReference] = []
        var contents = SharedContents(launcher.area)
        for request in requests { references.append(try give(request, &contents)) }
        worker?.add(.unwind(references))
        guard case .stacks(let stacks, let found) = try reply(), stacks.count == requests.count,
            stacks.allSatisfy({ $0.stack.frames.count <= frameLimit })
        else { throw .closed }
        for function in found { functions.add(function) }
        return stacks
    }

    /// Gives the worker what a request refers to, and its copies.
    private mutating func give(
        _ request: UnwindRequest, _ contents: inout SharedContents
    ) throws(MessageChannel.Failure) -> SnapshotReference {
        if let worker { try inventory.give(request, to: worker, except: quarantine.objects) }
        let snapshot = request.snapshot
        return SnapshotReference(
            process: request.process, map: request.map.version, others: request.others.map(\.version),
            registers: snapshot.registers, stack: contents.add(snapshot.stack),
            windows: snapshot.windows.map { contents.add($0) },
            interpreter: snapshot.interpreter.map { contents.add($0) }, time: request.takenAt.nanoseconds)
    }

    mutating func variables(
        in request: UnwindRequest, _ reading: VariableReading, hasRead: @Sendable () -> Void
    ) -> (stack: UnwoundStack, variables: [Int: FrameVariables])? {
        exchange { (session) throws(MessageChannel.Failure) in
            var contents = SharedContents(session.launcher.area)
            let reference = try session.give(request, &contents)
            session.worker?.add(.readVariables(reference, reading))
            guard case .hasReadVariables = try session.reply() else { throw .closed }
            hasRead()
            guard case .variables(let stack, let variables, let found) = try session.reply(),
                stack.frames.count <= session.frameLimit
            else { throw .closed }
            for function in found { session.functions.add(function) }
            return (stack: stack, variables: variables)
        }
    }

    private mutating func give(_ object: ObjectID) throws(MessageChannel.Failure) {
        if let worker { try inventory.give(object, to: worker, except: quarantine.objects) }
    }

    // MARK: - Object files

    mutating func evictObjects(keeping used: Set<ObjectID>) {
        let evicted = inventory.evictObjects(keeping: used)
        quarantine.evict(Set(evicted))
        guard hasAsked || !evicted.isEmpty else { return }
        hasAsked = false
        worker?.add(.renewBudget(discarding: evicted))
    }

    /// What was lost so far; the budget is each worker's own.
    mutating func countLosses() -> WorkerLosses {
        let parsing = exchange { (session) throws(MessageChannel.Failure) in
            session.worker?.add(.countLosses)
            guard case .losses(let losses) = try session.reply() else { throw .closed }
            return losses
        }
        var counted = losses
        if let parsing {
            counted.budgetExhausted = Int(parsing.budgetExhausted)
            counted.damagedPerfMapLines = Int(parsing.damagedPerfMapLines)
            counted.firstDamagedOffset = parsing.firstDamagedOffset
        }
        return counted
    }

    mutating func summary(of object: ObjectID) -> ObjectSummary? {
        exchange { (session) throws(MessageChannel.Failure) in
            try session.give(object)
            session.worker?.add(.describe(object))
            guard case .object(let summary) = try session.reply() else { throw .closed }
            return summary
        } ?? nil
    }

    /// The runtimes in what a process has mapped, and what to copy of the interpreter of threads that have no plan.
    typealias FoundRuntimes = (summaries: [RuntimeSummary], sharedPlan: InterpreterPlan?)

    mutating func runtimes(of process: ProcessKey, in map: MemoryMap) -> FoundRuntimes? {
        exchange { (session) throws(MessageChannel.Failure) -> FoundRuntimes in
            try session.give(map, of: process)
            session.worker?.add(.describeRuntimes(process))
            guard case .runtimes(let summaries, let plan) = try session.reply() else { throw .closed }
            return (summaries, plan)
        }
    }

    mutating func tasks(of process: ProcessKey, in map: MemoryMap) -> RuntimeTasks? {
        let deadlines = Deadlines(nanoseconds: Self.taskNanoseconds, by: clock) { false }
        return exchange(deadlines) { (session) throws(MessageChannel.Failure) in
            try session.give(map, of: process)
            session.worker?.add(.readTasks(process, map.version))
            guard case .tasks(let tasks, let found) = try session.reply() else { throw .closed }
            for function in found { session.functions.add(function) }
            return tasks
        }
    }

    private mutating func give(_ map: MemoryMap, of process: ProcessKey) throws(MessageChannel.Failure) {
        if let worker { try inventory.give([map], of: process, to: worker, except: quarantine.objects) }
    }

    /// All tasks of a process together.
    private static let taskNanoseconds: UInt64 = 20_000_000_000

    // MARK: - Names

    mutating func frames(
        at locations: [CodeLocation], isCancelled: @escaping @Sendable () -> Bool
    ) -> [CodeLocation: [Frame]] {
        var named = interpretedFrames(at: locations)
        let locations = locations.filter { named[$0] == nil }
        let deadlines = Deadlines(nanoseconds: Self.namingNanoseconds, by: clock, isCancelled: isCancelled)
        debugFiles.mayDownload = true
        defer { debugFiles.mayDownload = false }
        var rest = locations[...]
        var failure: WorkerFailure?
        var texts = SharedTexts()
        while !rest.isEmpty, failure == nil {
            let next = Array(rest.prefix(Self.namesAtOnce))
            failure = name(next, deadlines, &named)
            rest = rest.dropFirst(next.count)
            for location in next { named[location] = named[location]?.map { texts.shared($0) } }
            if texts.byteCount > Self.nameBytes { failure = .budgetExhausted }
        }
        for location in locations where named[location] == nil {
            named[location] = [fallbackFrame(at: location)]
            losses.names[failure ?? .timeout, default: 0] += 1
        }
        return named
    }

    private func interpretedFrames(at locations: [CodeLocation]) -> [CodeLocation: [Frame]] {
        var named: [CodeLocation: [Frame]] = [:]
        for case .interpreted(let function, let line) in locations {
            named[.interpreted(function, line: line)] = [functions.frame(of: function, at: line)]
        }
        return named
    }

    private static let namesAtOnce = 256
    /// What the names of a recording may take.
    private static let nameBytes = 48 << 20
    /// All names of a recording together, without the time that downloads take.
    private static let namingNanoseconds: UInt64 = 60_000_000_000

    /// Returns why no more names are to be asked for.
    private mutating func name(
        _ locations: [CodeLocation], _ deadlines: Deadlines, _ named: inout [CodeLocation: [Frame]]
    ) -> WorkerFailure? {
        var pending = locations
        var (attempts, restarts) = (Self.attempts, Self.restarts * 4)
        while !pending.isEmpty {
            let result = attempt(deadlines) { (session) throws(MessageChannel.Failure) in
                try session.nameOnce(pending)
            }
            switch result {
            case .success(let frames):
                for (location, frames) in zip(pending, frames) { named[location] = frames }
                pending.removeFirst(frames.count)
            case .failure(let failed):
                attempts -= failed.isBlamed ? 0 : 1
                restarts -= 1
                if attempts == 0 || restarts == 0 || failed.isFinal { return failed.failure }
                if let item = failed.item, item < pending.count {
                    let location = pending.remove(at: item)
                    named[location] = [fallbackFrame(at: location)]
                    losses.names[failed.failure, default: 0] += 1
                }
            }
        }
        return nil
    }

    private mutating func nameOnce(_ locations: [CodeLocation]) throws(MessageChannel.Failure) -> [[Frame]] {
        for object in locations.compactMap(\.file) { try give(object) }
        worker?.add(.name(locations))
        guard case .frames(let frames) = try reply(), (1...locations.count).contains(frames.count),
            !frames.contains(where: \.isEmpty)
        else { throw .closed }
        return zip(frames, locations).map { frames, location in
            if let object = location.file, quarantine.objects.contains(object) {
                return [fallbackFrame(at: location)]
            }
            return frames
        }
    }

    /// What a location is called whose name could not be found.
    private func fallbackFrame(at location: CodeLocation) -> Frame {
        guard case .object(let object, let address) = location, let path = objects.path(of: object) else {
            return Frame(name: "[unknown]", kind: .unknown, object: nil)
        }
        let base = printable(path.split(separator: "/").last.map(String.init) ?? path)
        return Frame(name: "[\(base)+\(address)]", kind: .unknown, object: base)
    }

    // MARK: - Exchange

    mutating func give(_ process: ProcessKey) throws(MessageChannel.Failure) {
        if let worker { try inventory.give(process, to: worker) }
    }

    func add(_ request: WorkerRequest) { worker?.add(request) }

    func add(_ request: WorkerRequest, owning descriptor: consuming OwnedDescriptor) throws(MessageChannel.Failure) {
        try worker?.add(request, owning: descriptor)
    }

    /// Makes an exchange that isn't repeated; `nil` where it failed, and the worker was replaced.
    mutating func exchange<Value>(
        _ deadlines: Deadlines = .none, _ body: (inout WorkerSession) throws(MessageChannel.Failure) -> Value
    ) -> Value? {
        guard case .success(let value) = attempt(deadlines, body) else { return nil }
        return value
    }

    /// Why an exchange with the worker failed.
    private struct Failed {
        let failure: WorkerFailure
        /// The item of the request that the worker was at, if it is to blame.
        let item: Int?
        /// Whether what did it is known, and not tried again.
        let isBlamed: Bool
        /// Whether there is no use in going on.
        let isFinal: Bool
    }

    private enum Exchange<Value> {
        case success(Value)
        case failure(Failed)
    }

    /// Makes an exchange; replaces the worker if that fails.
    private mutating func attempt<Value>(
        _ deadlines: Deadlines, _ body: (inout WorkerSession) throws(MessageChannel.Failure) -> Value
    ) -> Exchange<Value> {
        guard worker != nil else {
            return .failure(Failed(failure: .crashed, item: nil, isBlamed: false, isFinal: true))
        }
        hasAsked = true
        worker?.begin(deadlines)
        do throws(MessageChannel.Failure) {
            return .success(try body(&self))
        } catch {
            return .failure(replaceWorker(after: error, isCancelled: deadlines.mustEnd))
        }
    }

    private mutating func replaceWorker(after error: MessageChannel.Failure, isCancelled: Bool) -> Failed {
        let activity = launcher.area.activity
        let failure: WorkerFailure = error == .abandoned ? .timeout : .crashed
        worker?.kill()
        worker = nil
        losses.restarts[failure, default: 0] += 1
        let end: WorkerEnd?
        do throws(WorkerLaunchError) {
            end = try startAnother()
        } catch {
            return Failed(failure: failure, item: nil, isBlamed: false, isFinal: true)
        }
        // A worker that somebody else kills is nobody's fault.
        let isInnocent = failure == .crashed && end == .signal(9)
        if isCancelled || isInnocent || activity.phase == .idle && activity.object == nil {
            return Failed(failure: failure, item: nil, isBlamed: false, isFinal: isCancelled)
        }
        return blame(activity, for: failure)
    }

    private mutating func blame(_ activity: SharedArea.Activity, for failure: WorkerFailure) -> Failed {
        if let object = activity.object, let symbol = activity.symbol, objects.entry(object) != nil {
            let place = SymbolPlace(object: object, address: symbol)
            guard quarantine.symbols.insert(place).inserted else {
                return Failed(failure: failure, item: activity.index, isBlamed: true, isFinal: false)
            }
            if place.isDebugInformation {
                losses.debugInformation[failure, default: 0] += 1
            } else {
                losses.names[failure, default: 0] += 1
            }
            worker?.add(.skipNames([place]))
            return Failed(failure: failure, item: nil, isBlamed: true, isFinal: false)
        }
        if let object = activity.object, objects.entry(object) != nil, quarantine.objects.insert(object).inserted {
            losses.objects[failure, default: 0] += 1
            return Failed(failure: failure, item: nil, isBlamed: true, isFinal: false)
        }
        return Failed(failure: failure, item: activity.index, isBlamed: true, isFinal: false)
    }

    /// The next reply, after whatever the worker asks for meanwhile.
    func reply() throws(MessageChannel.Failure) -> WorkerReply {
        for _ in 0..<Self.debugFilesAtOnce {
            guard let reply = try worker?.receive() else { throw .closed }
            guard case .debugFile(let object, let query, let index) = reply else { return reply }
            if let found = debugFiles.file(from: Int(index), for: query, of: object) {
                try worker?.add(.debugFile(index: UInt32(found.index)), owning: found.take())
            } else {
                worker?.add(.debugFile(index: nil))
            }
        }
        throw .closed
    }

    /// More than the split debug information of a large program has files; a worker in a target's hands may ask without end.
    private static let debugFilesAtOnce = 1 << 16
}
