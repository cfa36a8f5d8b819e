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
        guard let globals = try objects.globals(ofModule: "asyncio.tasks", in: interpreter, layout) else { return nil }
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
            running.formUnion(try stableValues(ofDictionary: dictionary))
        }
        return running
    }

    /// The values of a dictionary that changes at each step of a task: its table may be replaced, and freed, while it is read.
    private func stableValues(ofDictionary dictionary: Address) throws(RuntimeReadError) -> [Address] {
        for _ in 1..<Self.attempts {
            let entries = try? objects.entries(ofDictionary: dictionary, limit: CPythonThreads.threadLimit)
            if let entries { return entries.map(\.value) }
        }
        return try objects.entries(ofDictionary: dictionary, limit: CPythonThreads.threadLimit).map(\.value)
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
    /// One more than are shown, so that it is seen that there are more.
    private static let limit = RuntimeTasks.limit + 1

    /// All tasks that there are, done or not; each once.
    func all(_ threads: [Address], of interpreter: Address) throws(RuntimeReadError) -> [Address] {
        var tasks: [Address] = []
        for name in Self.weakSets {
            guard let weakSet = try objects.value(of: name, inDictionary: globals) else { continue }
            guard let set = try objects.attribute("data", of: weakSet) else {
                throw .implausible(weakSet, expected: "a WeakSet")
            }
            tasks += try objects.stableElements(ofSet: set, limit: Self.limit)
                .compactMap { try? objects.referent(ofWeakReference: $0) }
        }
        if let set = try objects.value(of: Self.eagerTasks, inDictionary: globals) {
            tasks += try objects.stableElements(ofSet: set, limit: Self.limit)
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
