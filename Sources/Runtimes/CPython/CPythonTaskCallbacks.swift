internal import ProfileModel

/// Finds what the end of a task resolves: the futures that its callbacks refer to, for one of which another task may wait.
///
/// Neither `asyncio.TaskGroup`, `asyncio.wait`, `wait_for` nor `shield` has another link between a task and those that it waits for
/// (Lib/asyncio/taskgroups.py, tasks.py).
struct CPythonTaskCallbacks {
    /// Where a function has the tuple of its cells.
    private let closure: Int
    private let objects: CPythonObjects
    /// What groups wait for, by the group; `nil` for another object.
    private var awaitedByGroups: [Address: Address?] = [:]

    /// The most cells of a closure, or arguments.
    private static let referenceLimit = 16
    private static let longestTypeName = 32

    init(closure: Int, objects: CPythonObjects) {
        self.closure = closure
        self.objects = objects
    }

    /// - Parameter callbacks: those of a task.
    mutating func futures(resolvedBy callbacks: [Address]) -> Set<Address> {
        var futures: Set<Address> = []
        for callback in callbacks {
            for object in (try? references(of: callback)) ?? [] {
                futures.insert(object)
                if let awaited = awaited(byGroup: object) { futures.insert(awaited) }
            }
        }
        return futures
    }

    /// What a bound method, a closure or a partial function refers to.
    private func references(of callback: Address) throws(RuntimeReadError) -> [Address] {
        let type = try objects.type(of: callback)
        let name = objects.memory.terminatedBytes(at: type.name, limit: Self.longestTypeName)
        switch String(decoding: name, as: UTF8.self) {
        case "method":
            // `im_func`, `im_self`.
            return [try objects.field(1, of: callback)].compactMap(\.self)
        case "function":
            guard let cells = try objects.memory.pointer(at: callback, offset: closure) else { return [] }
            return try elements(of: cells).compactMap { try? objects.field(0, of: $0) }
        case "functools.partial":
            // `fn`, `args`.
            return try objects.field(1, of: callback).map(elements) ?? []
        default: return []
        }
    }

    private func elements(of tuple: Address) throws(RuntimeReadError) -> [Address] {
        try objects.elements(ofSequence: tuple, limit: Self.referenceLimit).elements
    }

    /// What a group of tasks waits for, of asyncio and of AnyIO alike.
    private mutating func awaited(byGroup object: Address) -> Address? {
        if let known = awaitedByGroups[object] { return known }
        let isOfPython = (try? objects.type(of: object).flags.contains(.heap)) ?? false
        let awaited = isOfPython ? try? objects.attribute("_on_completed_fut", of: object) : nil
        awaitedByGroups[object] = .some(awaited)
        return awaited
    }
}
