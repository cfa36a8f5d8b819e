internal import ProfileModel

/// The tasks of a run of trio.
///
/// Of a task that went on while it was read no frames are shown: trio counts the times that each one does.
struct CPythonTrioTasks: CPythonTaskSource {
    let tasks: [Address]
    let mayMixTimes = false

    private let run: CPythonTrioRuns.Run
    private let reader: CPythonTrioReader
    private let chains: CPythonTaskChains
    private let slots: CPythonSlots
    /// The tasks that opened nurseries; `nil` for another object.
    private var parents: [Address: Address?] = [:]

    private static let attempts = 8
    /// What no function of the program is in: the last step to trio's loop.
    private static let traps = "/trio/_core/_traps.py"

    init(
        of run: CPythonTrioRuns.Run, _ layout: CPythonTaskLayout, chains: CPythonTaskChains, slots: CPythonSlots
    ) throws(RuntimeReadError) {
        let objects = chains.coroutines.objects
        self.run = run
        self.chains = chains
        reader = CPythonTrioReader(
            context: run.context, functionName: layout.functionName, slots: slots, objects: objects)
        self.slots = slots
        tasks = try Self.tasks(of: run, slots, objects)
    }

    func currentTasks() throws(RuntimeReadError) -> [Address] {
        try Self.tasks(of: run, slots, chains.coroutines.objects)
    }

    private static func tasks(
        of run: CPythonTrioRuns.Run, _ slots: CPythonSlots, _ objects: CPythonObjects
    ) throws(RuntimeReadError) -> [Address] {
        guard let set = try slots.attribute("tasks", of: run.runner) else {
            throw .implausible(run.runner, expected: "a run of trio")
        }
        return try objects.stableElements(ofSet: set, limit: RuntimeTasks.limit + 1)
    }

    func thread(ofLoop loop: Address) -> String? { run.thread }

    mutating func entry(of task: Address) throws(RuntimeReadError) -> CPythonTaskEntry? {
        guard let reading = try reading(of: task) else { return nil }
        let (fields, reader) = (reading.fields, reader)
        var resolved: Set<Address> = []
        if let nursery = fields.nursery, let parent = parent(ofNursery: nursery) { resolved.insert(parent) }
        return CPythonTaskEntry(
            address: task, name: try reader.name(of: task), state: reading.state, loop: run.runner,
            awaited: reading.awaited, frames: reading.frames, loss: reading.loss, resolved: resolved,
            isUnchanged: { (try? reader.fields(of: task)) == fields })
    }

    /// The task in whose `async with` block a nursery is, and which can't leave it before the nursery's tasks end.
    private mutating func parent(ofNursery nursery: Address) -> Address? {
        if let known = parents[nursery] { return known }
        let parent = reader.parent(ofNursery: nursery)
        parents[nursery] = .some(parent)
        return parent
    }

    // MARK: - One task

    /// What was the same at the beginning and at the end.
    private struct Reading {
        let fields: CPythonTrioReader.Fields
        let state: RuntimeTask.State
        let awaited: CPythonTaskEntry.Awaited?
        let frames: [RuntimeTask.Frame]
        let loss: RuntimeTask.Loss?
    }

    /// `nil` for a task that has ended.
    private func reading(of task: Address) throws(RuntimeReadError) -> Reading? {
        var last: CPythonTrioReader.Fields?
        var failure = RuntimeReadError.unreadable(task)
        for _ in 0..<Self.attempts {
            do throws(RuntimeReadError) {
                let fields = try reader.fields(of: task)
                last = fields
                let chain = chains.chain(of: fields.coroutine)
                if chain.hasEnded { return nil }
                let reading = try reading(of: task, fields, chain)
                if isPossible(reading.state, chain), try reader.fields(of: task) == fields { return reading }
            } catch {
                // What it referred to can have been freed.
                failure = error
            }
        }
        guard let last else { throw failure }
        let state = (try? reader.state(of: task, last)) ?? .waiting
        return Reading(fields: last, state: state, awaited: nil, frames: [], loss: .changed)
    }

    private func reading(
        of task: Address, _ fields: CPythonTrioReader.Fields, _ chain: CPythonCoroutines.Chain
    ) throws(RuntimeReadError) -> Reading {
        let state = try reader.state(of: task, fields)
        let (frames, loss) = chains.frames(of: chain) { $0.hasSuffix(Self.traps) }
        return Reading(
            fields: fields, state: state, awaited: state == .waiting ? awaited(by: task, fields) : nil,
            frames: frames, loss: loss ?? chain.loss)
    }

    /// Whether a chain can be that of a task in a state: one that waits does so in a function of trio, and of one that a thread
    /// executes all functions but the first one are on the thread's stack.
    private func isPossible(_ state: RuntimeTask.State, _ chain: CPythonCoroutines.Chain) -> Bool {
        switch state {
        case .ready: true
        case .running: chain.links.count <= 1
        case .waiting: chain.links.count != 1
        }
    }

    private func awaited(by task: Address, _ fields: CPythonTrioReader.Fields) -> CPythonTaskEntry.Awaited? {
        guard let type = reader.awaited(fields), let abort = fields.abort else { return nil }
        return type == CPythonTrioReader.endOfNursery
            ? CPythonTaskEntry.Awaited(type: "Nursery", object: task, parts: [])
            : CPythonTaskEntry.Awaited(type: type, object: abort, parts: [])
    }
}

extension CPythonCoroutines.Chain {
    /// Whether its first function has returned.
    fileprivate var hasEnded: Bool { loss == nil && !links.isEmpty && links.allSatisfy { $0.frame == nil } }
}
