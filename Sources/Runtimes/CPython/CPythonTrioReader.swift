internal import ProfileModel

/// Reads a task of trio from the attributes of its object (trio/_core/_run.py).
struct CPythonTrioReader {
    /// What a task is at one time.
    struct Fields: Hashable {
        let coroutine: Address?
        /// The one that it was started in.
        let nursery: Address?
        /// What cancels what it waits for.
        let abort: Address?
        /// What makes it go on; `nil` while it waits and while a thread executes it.
        let next: Address?
        /// How often it has stopped: the int, and its value.
        let steps: Address?
        let stepCount: Int64?
    }

    /// The dictionary that has the task that the thread executes.
    let context: Address
    /// Of a function.
    let functionName: Int
    let slots: CPythonSlots
    let objects: CPythonObjects

    private static let largestTask = 1 << 16

    func fields(of task: Address) throws(RuntimeReadError) -> Fields {
        let type = try objects.type(of: task)
        let offsets = try slots.offsets(of: type)
        guard type.basicSize <= Self.largestTask else { throw .tooLarge(task, expected: "a task of trio") }
        let bytes = try objects.memory.allBytes(at: task, count: type.basicSize)
        func attribute(_ name: String) throws(RuntimeReadError) -> Address? {
            guard let offset = offsets[name] else { throw .implausible(task, expected: "a task of trio") }
            let object = Address(rawValue: bytes.littleEndianWord(at: offset))
            guard object.rawValue != 0, try !objects.isNone(object) else { return nil }
            return object
        }
        let steps = try attribute("_schedule_points")
        return Fields(
            coroutine: try attribute("coro"), nursery: try attribute("_parent_nursery"),
            abort: try attribute("_abort_func"), next: try attribute("_next_send_fn"), steps: steps,
            stepCount: try steps.flatMap(objects.integer(at:)))
    }

    func name(of task: Address) throws(RuntimeReadError) -> String? {
        try slots.attribute("name", of: task).flatMap { try? objects.text(at: $0, limit: CPythonTaskReader.nameLimit) }
    }

    /// - Parameter fields: of this task, and the same afterwards as well.
    func state(of task: Address, _ fields: Fields) throws(RuntimeReadError) -> RuntimeTask.State {
        if fields.next != nil { return .ready }
        return try objects.value(of: "task", inDictionary: context) == task ? .running : .waiting
    }

    /// The task that opened a nursery.
    func parent(ofNursery nursery: Address) -> Address? { try? slots.attribute("_parent_task", of: nursery) }

    // MARK: - What it waits for

    /// What a task waits for that is at the end of the block of a nursery.
    static let endOfNursery = "Nursery._nested_child_finished"

    /// The function that waits, such as `Event.wait`: it is the one that contains what cancels it.
    func awaited(_ fields: Fields) -> String? {
        guard let abort = fields.abort, let type = try? objects.type(of: abort) else { return nil }
        let name = objects.name(of: type)
        guard name == "function" else { return name }
        guard let object = try? objects.memory.pointer(at: abort, offset: functionName),
            let qualified = try? objects.text(at: object, limit: CPythonTaskReader.nameLimit)
        else { return nil }
        return qualified.split(separator: ".<locals>", maxSplits: 1).first.map(String.init(_:))
    }
}
