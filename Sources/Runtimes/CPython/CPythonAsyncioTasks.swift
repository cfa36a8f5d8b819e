internal import ProfileModel

/// The tasks of asyncio in an interpreter.
///
/// Of a task that went on while it was read no frames are shown. Up to 3.12 a counter of the interpreter proves that none did;
/// later its fields and its chain are read several times, as coroutines of another function can come to lie at the same places.
struct CPythonAsyncioTasks: CPythonTaskSource {
    let tasks: [Address]
    var mayMixTimes: Bool { counter == nil }

    private let interpreter: Address
    private let threads: CPythonThreads
    private let lists: CPythonTaskLists
    private let running: Set<Address>
    private let names: [UInt64: String]
    private let reader: CPythonTaskReader
    private let chains: CPythonTaskChains
    private var callbacks: CPythonTaskCallbacks
    /// Where a word is that changes whenever a task goes on or stops.
    private let counter: Address?

    private static let attempts = 8
    /// How often a task is read again where nothing else shows that it did not go on.
    private static let confirmations = 8
    /// The most objects that one gathers.
    private static let gatheredLimit = 1000

    /// `nil` where the interpreter hasn't imported asyncio.
    init?(
        of interpreter: Address, _ layout: CPythonTaskLayout, threads: CPythonThreads, chains: CPythonTaskChains,
        published: CPythonAsyncioOffsets?
    ) throws(RuntimeReadError) {
        let objects = threads.objects
        guard
            let lists = try CPythonTaskLists(
                of: interpreter, objects: objects, layout: threads.layout, published: published)
        else { return nil }
        let states = threads.states(of: interpreter)
        running = try lists.running(states)
        tasks = try lists.all(states, of: interpreter)
        counter = try lists.stepCounter(layout)
        names = tasks.isEmpty ? [:] : threads.names(in: interpreter)
        reader = CPythonTaskReader(layout: layout.task, objects: objects)
        callbacks = CPythonTaskCallbacks(closure: layout.closure, objects: objects)
        self.chains = chains
        (self.interpreter, self.threads, self.lists) = (interpreter, threads, lists)
    }

    func currentTasks() throws(RuntimeReadError) -> [Address] {
        try lists.all(threads.states(of: interpreter), of: interpreter)
    }

    func thread(ofLoop loop: Address) -> String? {
        // Of those that are written in Python (`asyncio.base_events.BaseEventLoop`).
        (try? reader.objects.attribute("_thread_id", of: loop))
            .flatMap { try? reader.objects.integer(at: $0) }.flatMap { names[UInt64(bitPattern: $0)] }
    }

    mutating func entry(of task: Address) throws(RuntimeReadError) -> CPythonTaskEntry? {
        guard let reading = try reading(of: task), !reading.fields.isDone else { return nil }
        let (fields, reader) = (reading.fields, reader)
        let resolved = (try? reader.callbacks(of: task)).map { callbacks.futures(resolvedBy: $0) }
        return CPythonTaskEntry(
            address: task, name: fields.name,
            state: running.contains(task) ? .running : fields.waiter == nil ? .ready : .waiting, loop: fields.loop,
            awaited: reading.awaited, frames: reading.frames, loss: reading.loss, resolved: resolved ?? [],
            isUnchanged: { (try? reader.fields(of: task)) == fields })
    }

    // MARK: - One task

    /// What was the same at the beginning and at the end.
    private struct Reading {
        let fields: CPythonTaskReader.Fields
        let awaited: CPythonTaskEntry.Awaited?
        let frames: [RuntimeTask.Frame]
        let loss: RuntimeTask.Loss?
    }

    /// `nil` for an object that is no task.
    private func reading(of task: Address) throws(RuntimeReadError) -> Reading? {
        for _ in 0..<Self.attempts {
            let steps = try steps()
            guard let before = try reader.fields(of: task) else { return nil }
            let chain = chains.chain(of: before.coroutine)
            let awaited = awaited(by: before)
            let (frames, loss) = chains.frames(of: chain)
            guard try isUnchanged(task, before, chain, confirmations: steps == nil ? Self.confirmations : 1),
                try self.steps() == steps
            else { continue }
            return Reading(fields: before, awaited: awaited, frames: frames, loss: loss ?? chain.loss)
        }
        guard let fields = try reader.fields(of: task) else { return nil }
        return Reading(fields: fields, awaited: nil, frames: [], loss: .changed)
    }

    private func steps() throws(RuntimeReadError) -> UInt64? {
        guard let counter else { return nil }
        return try reader.objects.memory.word(at: counter)
    }

    private func isUnchanged(
        _ task: Address, _ fields: CPythonTaskReader.Fields, _ chain: CPythonCoroutines.Chain, confirmations: Int
    ) throws(RuntimeReadError) -> Bool {
        for _ in 0..<confirmations {
            guard try reader.fields(of: task) == fields, chains.chain(of: fields.coroutine) == chain else {
                return false
            }
        }
        return true
    }

    private func awaited(by fields: CPythonTaskReader.Fields) -> CPythonTaskEntry.Awaited? {
        guard let waiter = fields.waiter, let type = try? reader.objects.type(of: waiter) else { return nil }
        let name = reader.objects.name(of: type)
        // Of `asyncio.gather`.
        let gathered = (try? reader.objects.attribute("_children", of: waiter))
            .flatMap { try? reader.objects.elements(ofSequence: $0, limit: Self.gatheredLimit).elements }
        let isAsyncios = name.hasPrefix("_asyncio.") || name.hasPrefix("asyncio.")
        let shown = isAsyncios ? name.split(separator: ".").last.map(String.init(_:)) ?? name : name
        return CPythonTaskEntry.Awaited(type: shown, object: waiter, parts: [waiter] + (gathered ?? []))
    }
}
