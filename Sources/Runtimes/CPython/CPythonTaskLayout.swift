/// Where one version of CPython keeps coroutines and the tasks of asyncio: offsets in bytes, for x86-64.
struct CPythonTaskLayout: Hashable, Sendable {
    let generator: Generator
    /// Of the dictionary of running tasks: a word that has another value after each change (`ma_version_tag`, up to 3.12).
    let dictionaryVersion: Int?
    /// Of the tasks that `_asyncio` implements (`TaskObj`).
    let task: Task
    /// Of an object with other attributes in each thread (`threading.local`): the dictionary whose values have these
    /// (`localdicts`, up to 3.12 `dummies`).
    let threadAttributes: Int
    /// Of a function (`func_qualname`), and the tuple of its cells (`func_closure`).
    let functionName: Int
    let closure: Int

    /// Of PyGenObject, with which coroutines and asynchronous generators begin, too.
    struct Generator: Hashable, Sendable {
        let frame: Frame
        let delegation: Delegation
    }

    enum Frame: Hashable, Sendable {
        /// A pointer to a PyFrameObject (`gi_frame`, up to 3.10).
        case object(Int, stack: Stack)
        /// In the object itself (`gi_iframe`); a byte says what state it is in (`gi_frame_state`).
        case embedded(Int, state: Int, stack: Stack)
    }

    /// How a frame that is suspended leads to the value that was pushed last.
    enum Stack: Hashable, Sendable {
        /// A pointer to the first free place, null while the frame is executed.
        case top(Int)
        /// An `int`, negative while the frame is executed: the number of values, of which the first is in the frame.
        case depth(Int, values: Values)
    }

    enum Values: Hashable, Sendable {
        /// A pointer to the first one.
        case pointer(Int)
        case inFrame(Int)
    }

    /// How to know that a suspended frame waits for another object (`_PyGen_yf`), rather than at a `yield` of its own.
    enum Delegation: Hashable, Sendable {
        /// Its next instruction has this number: YIELD_FROM (up to 3.10).
        case nextInstruction(UInt8)
        /// The instruction after the one that it is at has one of these numbers, those of RESUME, with an argument of 2 (in
        /// `yield from`) or 3 (in `await`).
        case resumption([UInt8])
        /// Its state is this one.
        case state(Int8)
    }

    struct Task: Hashable, Sendable {
        /// Of the whole structure: another one has another layout.
        let size: Int
        /// The loop, a callback, its context and a list of further callbacks follow each other.
        let loop: Int
        /// An `int`: 0 until it is done.
        let state: Int
        let waiter: Int
        let coroutine: Int
        /// A str, or an int that is yet to become a name (3.13 and later); `nil` up to 3.7.
        let name: Int?

        var callback: Int { loop + 8 }
        var callbackList: Int { loop + 24 }
    }
}
