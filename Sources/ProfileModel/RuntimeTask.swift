/// A task of an event loop, as the structures of its runtime describe it: what it executes, and what it waits for.
package struct RuntimeTask: Hashable, Sendable {
    package enum State: UInt8, Sendable, CaseIterable, CustomStringConvertible {
        /// A thread executes it.
        case running
        /// It is resumed when something else is done.
        case waiting
        /// It is resumed in one of the next turns of its loop.
        case ready

        package var description: String {
            switch self {
            case .running: "running"
            case .waiting: "waiting"
            case .ready: "ready"
            }
        }
    }

    /// What a task waits for.
    package struct Awaited: Hashable, Sendable {
        /// The type of the object, such as `Future`.
        package let type: String
        /// Those of the tasks that the object is, or that it gathers, by their positions in the list of all.
        package let tasks: [UInt32]

        package init(type: String, tasks: [UInt32]) {
            self.type = type
            self.tasks = tasks
        }
    }

    /// A function that it is in, at the line where it goes on.
    package struct Frame: Hashable, Sendable {
        package let function: InterpretedFunctionID
        package let line: UInt32?

        package init(function: InterpretedFunctionID, line: UInt32?) {
            self.function = function
            self.line = line
        }

        package var location: CodeLocation { .interpreted(function, line: line) }
    }

    /// Why not all frames are known.
    package enum Loss: UInt8, Sendable, CaseIterable {
        /// The task went on while it was read.
        case changed
        case unreadable
        /// More functions wait for each other than are read.
        case tooDeep
        /// What a function waits for waits for this function.
        case cycle
        /// More functions were found than can be kept.
        case tooManyFunctions

        package var label: String {
            switch self {
            case .changed: "changed"
            case .unreadable: "unreadable"
            case .tooDeep: "too_deep"
            case .cycle: "cycle"
            case .tooManyFunctions: "too_many_functions"
            }
        }
    }

    /// `nil` where the runtime's version names none.
    package let name: String?
    package let state: State
    /// The position of its event loop in the list of all.
    package let loop: UInt32
    package let awaited: Awaited?
    /// The function that was called last first; of a task that runs, only the one that it began with.
    package let frames: [Frame]
    /// `nil` where the frames are all there are.
    package let loss: Loss?

    package init(name: String?, state: State, loop: UInt32, awaited: Awaited?, frames: [Frame], loss: Loss?) {
        self.name = name
        self.state = state
        self.loop = loop
        self.awaited = awaited
        self.frames = frames
        self.loss = loss
    }
}

extension RuntimeTask {
    /// With other positions, in longer lists.
    fileprivate func moved(byLoops loops: UInt32, tasks: UInt32) -> RuntimeTask {
        RuntimeTask(
            name: name, state: state, loop: loop + loops,
            awaited: awaited.map { Awaited(type: $0.type, tasks: $0.tasks.map { $0 + tasks }) }, frames: frames,
            loss: loss)
    }
}

/// The tasks of a process.
package struct RuntimeTasks: Hashable, Sendable {
    /// Something that executes tasks.
    package struct Loop: Hashable, Sendable {
        /// The name of its thread as the runtime knows it.
        package let thread: String?

        package init(thread: String?) { self.thread = thread }
    }

    package let loops: [Loop]
    package let tasks: [RuntimeTask]
    /// Why there can be more tasks than these.
    package let missing: [String]
    /// Whether a chain can combine functions of different times: nothing proves that no task went on meanwhile.
    package let mayMixTimes: Bool

    package init(loops: [Loop], tasks: [RuntimeTask], missing: [String], mayMixTimes: Bool = false) {
        self.loops = loops
        self.tasks = tasks
        self.missing = missing
        self.mayMixTimes = mayMixTimes
    }

    /// The same, read while no thread of the process ran.
    package var ofOneTime: RuntimeTasks { RuntimeTasks(loops: loops, tasks: tasks, missing: missing) }

    package static let none = RuntimeTasks(loops: [], tasks: [], missing: [])

    /// Those of two runtimes of a process.
    package static func + (left: Self, right: Self) -> Self {
        let (loops, tasks) = (UInt32(left.loops.count), UInt32(left.tasks.count))
        return RuntimeTasks(
            loops: left.loops + right.loops,
            tasks: left.tasks + right.tasks.map { $0.moved(byLoops: loops, tasks: tasks) },
            missing: left.missing + right.missing, mayMixTimes: left.mayMixTimes || right.mayMixTimes)
    }

    /// The most tasks that are read of a process, and the most functions of one task.
    package static let limit = 10_000
    package static let frameLimit = 200
}
