internal import ProfileModel

/// Reads the tasks of asyncio from their objects: those that `_asyncio` implements, and those that are written in Python.
struct CPythonTaskReader {
    /// What a task is at one time.
    struct Fields: Hashable {
        let loop: Address
        let isDone: Bool
        let waiter: Address?
        let coroutine: Address?
        let name: String?
    }

    let layout: CPythonTaskLayout.Task
    let objects: CPythonObjects

    static let nameLimit = 200
    private static let callbackLimit = 64

    /// `nil` for an object that is no task, or no more.
    func fields(of object: Address) throws(RuntimeReadError) -> Fields? {
        switch try implementation(of: objects.type(of: object)) {
        case .native: try nativeFields(of: object)
        case .other: try attributes(of: object)
        }
    }

    /// What is called when a task is done.
    func callbacks(of object: Address) throws(RuntimeReadError) -> [Address] {
        switch try implementation(of: objects.type(of: object)) {
        case .native:
            let first = try objects.memory.pointer(at: object, offset: layout.callback).flatMap(unlessNone)
            let list = try objects.memory.pointer(at: object, offset: layout.callbackList).flatMap(unlessNone)
            return try [first].compactMap(\.self) + (list.map(callbacks(inList:)) ?? [])
        case .other: return try objects.attribute("_callbacks", of: object).map(callbacks(inList:)) ?? []
        }
    }

    /// A list of pairs of a callback and its context.
    private func callbacks(inList list: Address) throws(RuntimeReadError) -> [Address] {
        try objects.elements(ofSequence: list, limit: Self.callbackLimit).elements
            .compactMap { try? objects.elements(ofSequence: $0, limit: 1).elements.first }
    }

    // MARK: - Implementations

    private enum Implementation {
        /// `TaskObj`, or a class that is derived from it.
        case native
        case other
    }

    private func implementation(of type: CPythonType) throws(RuntimeReadError) -> Implementation {
        var type = type
        for _ in 0..<CPythonObjects.baseLimit {
            if objects.memory.terminatedBytes(at: type.name, limit: 14).elementsEqual("_asyncio.Task".utf8) {
                guard type.basicSize == layout.size else {
                    throw .implausible(type.address, expected: "the _asyncio.Task of this version")
                }
                return .native
            }
            guard let base = try objects.base(of: type) else { break }
            type = base
        }
        return .other
    }

    // MARK: - Fields

    private func nativeFields(of object: Address) throws(RuntimeReadError) -> Fields? {
        let bytes = try objects.memory.allBytes(at: object, count: layout.size)
        func pointer(_ offset: Int) -> Address? {
            let word = bytes.littleEndianWord(at: offset)
            return word == 0 ? nil : Address(rawValue: word)
        }
        // One that is being freed has none.
        guard let loop = pointer(layout.loop) else { return nil }
        return Fields(
            loop: loop, isDone: bytes.littleEndianWord(at: layout.state, count: 4) != 0, waiter: pointer(layout.waiter),
            coroutine: pointer(layout.coroutine), name: try layout.name.flatMap(pointer).map(name))
    }

    /// An int becomes a name when the name is asked for the first time.
    private func name(at address: Address) throws(RuntimeReadError) -> String {
        guard try objects.type(of: address).flags.contains(.integer) else {
            return try objects.text(at: address, limit: Self.nameLimit)
        }
        return "Task-\(try objects.integer(at: address) ?? 0)"
    }

    /// Those of a task that is written in Python (`asyncio.tasks._PyTask`).
    private func attributes(of object: Address) throws(RuntimeReadError) -> Fields? {
        guard let coroutine = try objects.attribute("_coro", of: object),
            let loop = try objects.attribute("_loop", of: object)
        else { return nil }
        // A class attribute until it is done.
        let state = try objects.attribute("_state", of: object)
        return Fields(
            loop: loop,
            isDone: try state.map { (state) throws(RuntimeReadError) in try !objects.isText("PENDING", at: state) }
                ?? false,
            waiter: try objects.attribute("_fut_waiter", of: object).flatMap(unlessNone), coroutine: coroutine,
            name: try objects.attribute("_name", of: object).map(name))
    }

    /// The object, unless it is `None`.
    private func unlessNone(_ object: Address) throws(RuntimeReadError) -> Address? {
        try objects.isNone(object) ? nil : object
    }
}
