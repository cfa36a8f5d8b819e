internal import ObjectFiles

/// What the `_asyncio` of CPython 3.14 and later publishes of its structures: `_Py_AsyncioModuleDebugOffsets`, which is a
/// section of its object file.
struct CPythonAsyncioOffsets: Hashable, Sendable {
    /// Of a task: its size and fields, as in the tables.
    let taskSize: Int
    let taskName: Int
    let taskCoroutine: Int
    /// The two pointers by which it is in a list of tasks.
    let taskNode: Int
    /// Of an interpreter state: the list of the tasks of threads that have ended.
    let interpreterTasks: Int
    /// Of a thread state: the task that it executes, and the list of those that it made.
    let runningTask: Int
    let threadTasks: Int

    /// - Parameter bytes: of the section.
    init?(parsing bytes: [UInt8]) {
        guard bytes.count >= 8 * Field.allCases.count else { return nil }
        func offset(_ field: Field, in structure: Field, width: UInt64 = 8) -> Int? {
            let (offset, size) = (Self.word(field, bytes), Self.word(structure, bytes))
            guard size <= Self.largestStructure, offset % 8 == 0, size >= width, offset <= size - width else {
                return nil
            }
            return Int(offset)
        }
        guard let name = offset(.taskName, in: .taskSize), let coroutine = offset(.taskCoroutine, in: .taskSize),
            let node = offset(.taskNode, in: .taskSize, width: 16),
            let interpreterTasks = offset(.interpreterTasks, in: .interpreterSize, width: 16),
            let running = offset(.runningTask, in: .threadSize),
            let threadTasks = offset(.threadTasks, in: .threadSize, width: 16)
        else { return nil }
        taskSize = Int(Self.word(.taskSize, bytes))
        (taskName, taskCoroutine, taskNode) = (name, coroutine, node)
        (self.interpreterTasks, runningTask, self.threadTasks) = (interpreterTasks, running, threadTasks)
    }

    /// Those of an object file that contains `_asyncio`; `nil` of another one.
    init?(in object: ObjectFile) {
        guard let section = object.section(named: ".AsyncioDebug") else { return nil }
        self.init(parsing: object.bytes(at: section.address, count: 8 * Field.allCases.count))
    }

    /// The words of the structure, in its order.
    private enum Field: Int, CaseIterable {
        case taskSize, taskName, taskAwaitedBy, taskIsTask, taskAwaitedByIsSet, taskCoroutine, taskNode
        case interpreterSize, interpreterTasks
        case threadSize, runningLoop, runningTask, threadTasks
    }

    private static func word(_ field: Field, _ bytes: [UInt8]) -> UInt64 {
        bytes.littleEndianWord(at: 8 * field.rawValue)
    }

    /// An interpreter state of 3.14 has a quarter of it.
    private static let largestStructure: UInt64 = 1 << 20
}
