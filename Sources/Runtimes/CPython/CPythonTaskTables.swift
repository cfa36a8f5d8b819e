// What tools/lib/cpython-layouts/coroutines.c prints of each version's headers, and what the debug information of its `_asyncio`
// says of TaskObj (gdb -batch -ex 'ptype /o TaskObj' _asyncio.*.so); `threading.local` is in Modules/_threadmodule.c.
extension CPythonTaskLayout {
    /// `nil` for a version whose tasks aren't read.
    init?(_ version: CPythonVersion) {
        // Objects of a build without a global interpreter lock begin with 16 bytes more.
        let head = version.isFreeThreaded ? 16 : 0
        guard version.major == 3, let generator = Self.generator(minor: version.minor, head),
            let task = Self.task(minor: version.minor, head)
        else { return nil }
        self.init(
            generator: generator, dictionaryVersion: version.minor <= 12 ? 24 : nil, task: task,
            threadAttributes: head + (version.minor <= 12 ? 48 : 40),
            functionName: head + (version.minor <= 9 ? 104 : 40), closure: head + (version.minor <= 9 ? 48 : 72))
    }

    private static func generator(minor: Int, _ head: Int) -> Generator? {
        switch minor {
        case 7...9: Generator(frame: .object(16, stack: .top(72)), delegation: .nextInstruction(yieldFrom))
        case 10:
            Generator(
                frame: .object(16, stack: .depth(80, values: .pointer(64))), delegation: .nextInstruction(yieldFrom))
        case 11:
            Generator(
                frame: .embedded(80, state: 75, stack: .depth(64, values: .inFrame(72))),
                delegation: .resumption([151, 150]))
        case 12:
            Generator(
                frame: .embedded(72, state: 67, stack: .depth(64, values: .inFrame(72))),
                delegation: .resumption([151, 240]))
        case 13:
            Generator(
                frame: .embedded(head + 72, state: head + 67, stack: .depth(64, values: .inFrame(72))),
                delegation: .state(-1))
        case 14:
            Generator(frame: .embedded(head + 72, state: head + 67, stack: .top(64)), delegation: .state(-1))
        default: nil
        }
    }

    private static let yieldFrom: UInt8 = 72

    private static func task(minor: Int, _ head: Int) -> Task? {
        switch minor {
        case 7: Task(size: 136, loop: 16, state: 72, waiter: 104, coroutine: 112, name: nil)
        case 8: Task(size: 144, loop: 16, state: 72, waiter: 104, coroutine: 112, name: 120)
        case 9: Task(size: 184, loop: 16, state: 80, waiter: 144, coroutine: 152, name: 160)
        case 10: Task(size: 192, loop: 16, state: 88, waiter: 152, coroutine: 160, name: 168)
        case 11, 12: Task(size: 176, loop: 16, state: 88, waiter: 128, coroutine: 136, name: 144)
        case 13:
            Task(
                size: head + 144, loop: head + 16, state: head + 96, waiter: head + 112, coroutine: head + 120,
                name: head + 128)
        case 14:
            Task(
                size: head + 168, loop: head + 16, state: head + 104, waiter: head + 120, coroutine: head + 128,
                name: head + 136)
        default: nil
        }
    }
}
