internal import ProfileModel

/// Where an interpreter keeps the tasks of asyncio: in sets of the module, and from 3.14 on in lists of its threads.
struct CPythonTaskLists {
    let objects: CPythonObjects
    let layout: CPythonLayout
    /// Of 3.14 and later.
    let published: CPythonAsyncioOffsets?
    /// The dictionary of `asyncio.tasks`.
    let globals: Address

    /// `nil` where the interpreter hasn't imported asyncio.
    init?(
        of interpreter: Address, objects: CPythonObjects, layout: CPythonLayout, published: CPythonAsyncioOffsets?
    ) throws(RuntimeReadError) {
        guard let modules = try objects.memory.pointer(at: interpreter.offset(by: layout.interpreter.modules)),
            let module = try objects.value(of: "asyncio.tasks", inDictionary: modules),
            let globals = try objects.memory.pointer(at: module, offset: objects.layout.module)
        else { return nil }
        self.objects = objects
        self.layout = layout
        self.published = published
        self.globals = globals
    }

    // MARK: - Running tasks

    /// The tasks that threads execute.
    ///
    /// - Parameter threads: the interpreter's thread states.
    func running(_ threads: [Address]) throws(RuntimeReadError) -> Set<Address> {
        var running: Set<Address> = []
        if let published {
            for thread in threads {
                if let task = try objects.memory.pointer(at: thread, offset: published.runningTask) {
                    running.insert(task)
                }
            }
        }
        if let dictionary = try objects.value(of: "_current_tasks", inDictionary: globals) {
            for entry in try objects.entries(ofDictionary: dictionary, limit: CPythonThreads.threadLimit) {
                running.insert(entry.value)
            }
        }
        return running
    }

    /// Where a word is that changes whenever a task goes on or stops; `nil` where the version has none.
    func stepCounter(_ layout: CPythonTaskLayout) throws(RuntimeReadError) -> Address? {
        guard let offset = layout.dictionaryVersion else { return nil }
        return try objects.value(of: "_current_tasks", inDictionary: globals)?.offset(by: offset)
    }

    // MARK: - All tasks

    /// Weak sets: of all tasks up to 3.11, later of all but the eager ones.
    private static let weakSets = ["_all_tasks", "_scheduled_tasks"]
    private static let eagerTasks = "_eager_tasks"

    /// All tasks that there are, done or not; each once.
    func all(_ threads: [Address], of interpreter: Address) throws(RuntimeReadError) -> [Address] {
        var tasks: [Address] = []
        for name in Self.weakSets {
            guard let weakSet = try objects.value(of: name, inDictionary: globals) else { continue }
            guard let set = try objects.attribute("data", of: weakSet) else {
                throw .implausible(weakSet, expected: "a WeakSet")
            }
            tasks += try stableElements(ofSet: set).compactMap { try? objects.referent(ofWeakReference: $0) }
        }
        if let set = try objects.value(of: Self.eagerTasks, inDictionary: globals) {
            tasks += try stableElements(ofSet: set)
        }
        if let published {
            for list in threads.map({ $0.offset(by: published.threadTasks) })
                + [interpreter.offset(by: published.interpreterTasks)]
            {
                tasks += try elements(ofList: list, published)
            }
        }
        var seen: Set<Address> = []
        return tasks.filter { seen.insert($0).inserted }
    }

    /// The elements of a set that has not been given another table while they were read.
    private func stableElements(ofSet set: Address) throws(RuntimeReadError) -> [Address] {
        for _ in 0..<Self.attempts {
            let table = try table(of: set)
            let elements = try objects.elements(ofSet: set, limit: RuntimeTasks.limit + 1)
            if try self.table(of: set) == table { return elements }
        }
        throw .implausible(set, expected: "a set that doesn't change all the time")
    }

    private func table(of set: Address) throws(RuntimeReadError) -> [UInt64] {
        let fields = objects.layout.set
        return [
            try objects.memory.word(at: set, offset: fields.mask),
            try objects.memory.word(at: set, offset: fields.table),
        ]
    }

    private static let attempts = 4

    /// The tasks of a list (`struct llist_node`), whose elements point to the next and to the previous one, and which ends where
    /// it begins.
    private func elements(
        ofList head: Address, _ published: CPythonAsyncioOffsets
    ) throws(RuntimeReadError) -> [Address] {
        for _ in 0..<Self.attempts {
            if let elements = try elements(ofListOnce: head, published) { return elements }
        }
        throw .implausible(head, expected: "a list of tasks that doesn't change all the time")
    }

    /// `nil` where the list changed meanwhile.
    private func elements(
        ofListOnce head: Address, _ published: CPythonAsyncioOffsets
    ) throws(RuntimeReadError) -> [Address]? {
        var elements: [Address] = []
        var previous = head
        var next = try objects.memory.pointer(at: head)
        while let node = next, node != head, elements.count <= RuntimeTasks.limit {
            guard try objects.memory.pointer(at: node, offset: 8) == previous else { return nil }
            elements.append(node.offset(by: -published.taskNode))
            previous = node
            next = try objects.memory.pointer(at: node)
        }
        return elements
    }
}
