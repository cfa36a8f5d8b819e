internal import ProfileModel
internal import SystemSupport

/// Reads the tasks of asyncio in a process with CPython while the process goes on.
///
/// Of a task that went on while it was read no frames are shown. Up to 3.12 a counter of the interpreter proves that none did;
/// later its fields and its chain are read several times, as coroutines of another function can come to lie at the same places.
struct CPythonTasks {
    private let threads: CPythonThreads
    private let coroutines: CPythonCoroutines
    private let layout: CPythonTaskLayout
    private let reader: CPythonTaskReader
    private var callbacks: CPythonTaskCallbacks
    private let functions: CPythonFunctions
    private let published: CPythonAsyncioOffsets?
    private let sink: InterpretedFunctionSink

    private var entries: [Entry] = []
    private var loops: [Address: UInt32] = [:]
    private var describedLoops: [RuntimeTasks.Loop] = []
    private var missing: Set<String> = []
    private var mayMixTimes = false
    /// The bytes that the tasks take in a message.
    private var byteCount = 0

    private static let byteLimit = 4 << 20
    private static let attempts = 8
    /// How often a task is read again where nothing else shows that it did not go on.
    private static let confirmations = 8
    /// The most objects that one gathers.
    private static let gatheredLimit = 1000

    init(
        _ layout: CPythonTaskLayout, threads: CPythonThreads, coroutines: CPythonCoroutines,
        functions: CPythonFunctions, published: CPythonAsyncioOffsets?, naming sink: InterpretedFunctionSink
    ) {
        self.layout = layout
        self.threads = threads
        self.coroutines = coroutines
        reader = CPythonTaskReader(layout: layout.task, objects: threads.objects)
        callbacks = CPythonTaskCallbacks(layout: layout.callbacks, objects: threads.objects)
        self.functions = functions
        self.published = published
        self.sink = sink
    }

    /// A task that is not done.
    private struct Entry {
        let address: Address
        let reading: Reading
        let isRunning: Bool
        let loop: UInt32
        /// What its end resolves.
        let resolved: Set<Address>
    }

    /// What was the same at the beginning and at the end.
    private struct Reading {
        let fields: CPythonTaskReader.Fields
        let awaited: Awaited?
        let frames: [RuntimeTask.Frame]
        let loss: RuntimeTask.Loss?
    }

    private struct Awaited: Hashable {
        let type: String
        /// The object, and those that it gathers.
        let objects: [Address]
    }

    /// The tasks of all interpreters.
    ///
    /// - Parameter progress: called before each task is read, with its number.
    mutating func read(progress: (Int) -> Void) -> RuntimeTasks {
        for interpreter in threads.interpreters() {
            do throws(RuntimeReadError) {
                try read(interpreter, progress)
            } catch {
                missing.insert("tasks of an interpreter whose lists of them can't be read, or change all the time")
            }
        }
        let links = Links(entries)
        return RuntimeTasks(
            loops: describedLoops, tasks: entries.map { task($0, links) }, missing: missing.sorted(),
            mayMixTimes: mayMixTimes)
    }

    /// Which task is at an address, and which ones resolve what is there.
    private struct Links {
        private var positions: [Address: UInt32] = [:]
        private var resolvers: [Address: [UInt32]] = [:]

        init(_ entries: [Entry]) {
            for (index, entry) in entries.enumerated() {
                positions[entry.address] = UInt32(index)
                for object in entry.resolved { resolvers[object, default: []].append(UInt32(index)) }
            }
        }

        /// Those of the tasks that these objects are.
        func tasks(at objects: [Address]) -> [UInt32] { objects.compactMap { positions[$0] } }

        /// Those of the tasks on whose end an object depends.
        func tasks(resolving object: Address) -> [UInt32] { resolvers[object] ?? [] }
    }

    private mutating func read(_ interpreter: Address, _ progress: (Int) -> Void) throws(RuntimeReadError) {
        guard
            let lists = try CPythonTaskLists(
                of: interpreter, objects: reader.objects, layout: threads.layout, published: published)
        else { return }
        let states = threads.states(of: interpreter)
        let running = try lists.running(states)
        let tasks = try lists.all(states, of: interpreter)
        let counter = try lists.stepCounter(layout)
        mayMixTimes = mayMixTimes || counter == nil && !tasks.isEmpty
        let names = tasks.isEmpty ? [:] : threads.names(in: interpreter)
        for task in tasks {
            guard entries.count < RuntimeTasks.limit, byteCount < Self.byteLimit else {
                missing.insert("tasks beyond \(NumberText.grouped(entries.count))")
                return
            }
            progress(entries.count)
            do throws(RuntimeReadError) {
                guard let reading = try reading(of: task, counter), !reading.fields.isDone else { continue }
                let loop = loop(at: reading.fields.loop, names)
                let resolved = (try? reader.callbacks(of: task)).map { callbacks.futures(resolvedBy: $0) }
                add(
                    Entry(
                        address: task, reading: reading, isRunning: running.contains(task), loop: loop,
                        resolved: resolved ?? []))
            } catch .implausible(_, let expected) {
                missing.insert("tasks that are not \(expected)")
            } catch {
                missing.insert("tasks that can't be read")
            }
        }
    }

    private mutating func add(_ entry: Entry) {
        let reading = entry.reading
        byteCount +=
            Self.taskSize + (reading.fields.name?.utf8.count ?? 0) + (reading.awaited?.type.utf8.count ?? 0)
            + Self.frameSize * (reading.frames.count + (reading.awaited?.objects.count ?? 0) + entry.resolved.count)
        entries.append(entry)
    }

    /// What a task and a frame take in a message beside texts, at most.
    private static let taskSize = 32
    private static let frameSize = 16

    private mutating func loop(at address: Address, _ names: [UInt64: String]) -> UInt32 {
        if let known = loops[address] { return known }
        let number = UInt32(describedLoops.count)
        loops[address] = number
        // Of those that are written in Python (`asyncio.base_events.BaseEventLoop`).
        let thread = (try? reader.objects.attribute("_thread_id", of: address))
            .flatMap { try? reader.objects.integer(at: $0) }.flatMap { names[UInt64(bitPattern: $0)] }
        describedLoops.append(RuntimeTasks.Loop(thread: thread))
        return number
    }

    // MARK: - One task

    /// `nil` for an object that is no task.
    ///
    /// - Parameter counter: where a word is that changes whenever a task goes on or stops.
    private func reading(of task: Address, _ counter: Address?) throws(RuntimeReadError) -> Reading? {
        for _ in 0..<Self.attempts {
            let steps = try steps(counter)
            guard let before = try reader.fields(of: task) else { return nil }
            let chain = chain(of: before)
            let awaited = awaited(by: before)
            let (frames, loss) = frames(of: chain)
            guard try isUnchanged(task, before, chain, confirmations: steps == nil ? Self.confirmations : 1),
                try self.steps(counter) == steps
            else { continue }
            return Reading(fields: before, awaited: awaited, frames: frames, loss: loss ?? chain.loss)
        }
        guard let fields = try reader.fields(of: task) else { return nil }
        return Reading(fields: fields, awaited: nil, frames: [], loss: .changed)
    }

    private func steps(_ counter: Address?) throws(RuntimeReadError) -> UInt64? {
        guard let counter else { return nil }
        return try reader.objects.memory.word(at: counter)
    }

    private func isUnchanged(
        _ task: Address, _ fields: CPythonTaskReader.Fields, _ chain: CPythonCoroutines.Chain, confirmations: Int
    ) throws(RuntimeReadError) -> Bool {
        for _ in 0..<confirmations {
            guard try reader.fields(of: task) == fields, self.chain(of: fields) == chain else { return false }
        }
        return true
    }

    private func chain(of fields: CPythonTaskReader.Fields) -> CPythonCoroutines.Chain {
        fields.coroutine.map(coroutines.chain) ?? CPythonCoroutines.Chain()
    }

    private func frames(of chain: CPythonCoroutines.Chain) -> (frames: [RuntimeTask.Frame], loss: RuntimeTask.Loss?) {
        functions.beginBatch()
        let now = MonotonicTime.now.nanoseconds
        var frames: [RuntimeTask.Frame] = []
        do throws(InterpreterLossError) {
            for frame in chain.links.reversed().compactMap(\.frame) {
                guard let (function, line) = try functions.function(of: frame, copiedAt: now) else { continue }
                guard sink.note(function) else { throw InterpreterLossError(.tooManyFunctions) }
                frames.append(RuntimeTask.Frame(function: function.id, line: line))
            }
            return (frames, nil)
        } catch {
            return ([], RuntimeTask.Loss(error.loss))
        }
    }

    private func awaited(by fields: CPythonTaskReader.Fields) -> Awaited? {
        guard let waiter = fields.waiter, let type = try? reader.objects.type(of: waiter) else { return nil }
        let name = reader.objects.name(of: type)
        // Of `asyncio.gather`.
        let gathered = (try? reader.objects.attribute("_children", of: waiter))
            .flatMap { try? reader.objects.elements(ofSequence: $0, limit: Self.gatheredLimit).elements }
        let isAsyncios = name.hasPrefix("_asyncio.") || name.hasPrefix("asyncio.")
        let shown = isAsyncios ? name.split(separator: ".").last.map(String.init(_:)) ?? name : name
        return Awaited(type: shown, objects: [waiter] + (gathered ?? []))
    }

    private func task(_ entry: Entry, _ links: Links) -> RuntimeTask {
        let reading = entry.reading
        let state: RuntimeTask.State = entry.isRunning ? .running : reading.fields.waiter == nil ? .ready : .waiting
        return RuntimeTask(
            name: reading.fields.name, state: state, loop: entry.loop,
            awaited: reading.awaited.map { RuntimeTask.Awaited(type: $0.type, tasks: tasks($0, of: entry, links)) },
            frames: reading.frames, loss: reading.loss)
    }

    /// The tasks that a task waits for.
    private func tasks(_ awaited: Awaited, of entry: Entry, _ links: Links) -> [UInt32] {
        let known = links.tasks(at: awaited.objects)
        guard let waiter = entry.reading.fields.waiter else { return known }
        let resolvers = links.tasks(resolving: waiter).filter {
            !known.contains($0) && entries[Int($0)].address != entry.address
        }
        // Callbacks were read later than the waiter, which is the same object only if the task has waited for it all the time.
        guard !resolvers.isEmpty, (try? reader.fields(of: entry.address)) == entry.reading.fields else { return known }
        return known + resolvers
    }
}

extension RuntimeTask.Loss {
    fileprivate init(_ loss: InterpreterLoss) {
        self =
            switch loss {
            case .replacedCode: .changed
            case .tooManyFunctions: .tooManyFunctions
            default: .unreadable
            }
    }
}
