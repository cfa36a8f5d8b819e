package import ProfileModel

/// What a task waits for, below the tasks that wait for it: a stack of tasks and their functions.
package struct TaskStack: Hashable, Sendable {
    package enum Row: Hashable, Sendable {
        /// A task, or several whose names differ in a number at the end, for which `*` stands; `nil` without a name of its own.
        case task(name: String?)
        case function(CodeLocation)
        /// Further functions are not known.
        case unknown(RuntimeTask.Loss)
        /// What the innermost task does.
        case doing(Activity)
    }

    package enum Activity: Hashable, Sendable {
        case running
        case ready
        /// For an object of a type; `nil` where that is not known, as of greenlets.
        case waiting(type: String?)
        /// For a task that is shown below another one that waits for it, or is waited for by it.
        case waitingForTask(name: String?)
    }

    /// The name of the event loop's thread as the runtime knows it.
    package let loop: String?
    /// The outermost first.
    package let rows: [Row]
    /// Whether the tasks that wait for its first one are not in it.
    package let isCut: Bool

    package init(loop: String?, rows: [Row], isCut: Bool = false) {
        self.loop = loop
        self.rows = rows
        self.isCut = isCut
    }
}

extension TaskStack {
    /// The stacks of all tasks: one for each that waits for no other one, or only for such as are shown below other tasks.
    ///
    /// A task that several wait for is shown below the first of them.
    ///
    /// - Parameter rowLimit: from so many rows on, what a task waits for begins a stack of its own.
    package static func stacks(of tasks: RuntimeTasks, rowLimit: Int) -> [TaskStack] {
        var tree = TaskTree(tasks, rowLimit: rowLimit)
        return tree.stacks()
    }
}

/// Tasks below those that wait for them.
private struct TaskTree {
    private let tasks: [RuntimeTask]
    private let loops: [RuntimeTasks.Loop]
    private let rowLimit: Int
    /// Of each task, those that are shown below it.
    private var children: [[Int]]
    private var isChild: [Bool]
    private var isShown: [Bool]

    init(_ read: RuntimeTasks, rowLimit: Int) {
        (tasks, loops, self.rowLimit) = (read.tasks, read.loops, rowLimit)
        children = Array(repeating: [], count: tasks.count)
        isChild = Array(repeating: false, count: tasks.count)
        isShown = isChild
        for (index, task) in tasks.enumerated() {
            for awaited in (task.awaited?.tasks ?? []).map(Int.init)
            where awaited != index && tasks.indices.contains(awaited) && !isChild[awaited] {
                isChild[awaited] = true
                children[index].append(awaited)
            }
        }
    }

    mutating func stacks() -> [TaskStack] {
        var stacks: [TaskStack] = []
        for index in tasks.indices where !isChild[index] { add(index, to: &stacks) }
        // What is left waits for itself.
        for index in tasks.indices where !isShown[index] { add(index, to: &stacks) }
        return stacks
    }

    /// A task to be shown below rows.
    private struct Place {
        let task: Int
        let rows: [TaskStack.Row]
        let isCut: Bool
    }

    private mutating func add(_ root: Int, to stacks: inout [TaskStack]) {
        var places = [Place(task: root, rows: [], isCut: false)]
        isShown[root] = true
        while let place = places.popLast() {
            let task = tasks[place.task]
            let rows = place.rows + Self.rows(of: task)
            let below = children[place.task].filter { !isShown[$0] }
            for child in below { isShown[child] = true }
            if below.isEmpty {
                let loop = loops.indices.contains(Int(task.loop)) ? loops[Int(task.loop)].thread : nil
                let end = activity(of: task).map { [TaskStack.Row.doing($0)] } ?? []
                stacks.append(TaskStack(loop: loop, rows: rows + end, isCut: place.isCut))
            }
            let isFull = rows.count >= rowLimit
            places += below.reversed().map {
                Place(task: $0, rows: isFull ? [] : rows, isCut: place.isCut || isFull)
            }
        }
    }

    private static func rows(of task: RuntimeTask) -> [TaskStack.Row] {
        [.task(name: task.kind)] + task.frames.reversed().map { .function($0.location) }
            + (task.loss.map { [.unknown($0)] } ?? [])
    }

    /// `nil` where that isn't known any more than its functions are.
    private func activity(of task: RuntimeTask) -> TaskStack.Activity? {
        switch task.state {
        case .running: return .running
        case .ready: return .ready
        case .waiting:
            guard let awaited = task.awaited else { return task.loss == nil ? .waiting(type: nil) : nil }
            guard let other = awaited.tasks.first.map(Int.init), tasks.indices.contains(other) else {
                return .waiting(type: awaited.type)
            }
            return .waitingForTask(name: tasks[other].kind)
        }
    }
}

extension RuntimeTask {
    /// The name without its number, so that `client-1` and `client-2` are one; `nil` of one that asyncio gave (`Task-12`).
    fileprivate var kind: String? {
        guard let name else { return nil }
        let numbered = name.unicodeScalars.reversed().prefix { ("0"..."9").contains($0) }.count
        guard numbered > 0 else { return name }
        let stem = String(String.UnicodeScalarView(name.unicodeScalars.dropLast(numbered)))
        return stem.isEmpty || stem == "Task-" ? nil : stem + "*"
    }
}
