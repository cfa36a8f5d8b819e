internal import ProfileModel

/// A thread state, and the lock of its interpreter.
struct CPythonThreadState: Hashable, Sendable {
    let address: Address
    /// pthread_self(3) of the thread.
    let threadID: UInt64
    /// `nil` where the version has none, or where it isn't known.
    let lock: Address?
}

extension CPythonThreads {
    /// Bytes of a `struct _gil_runtime_state`, with its mutexes and condition variables, at most.
    private static let lockSize: UInt64 = 256

    func state(at address: Address) -> CPythonThreadState {
        CPythonThreadState(
            address: address, threadID: (try? memory.word(at: address.offset(by: layout.thread.threadID))) ?? 0,
            lock: lock(ofStateAt: address))
    }

    /// From 3.12 on each interpreter refers to its own.
    private func lock(ofStateAt address: Address) -> Address? {
        if let offset = layout.runtime?.lock { return runtime?.offset(by: offset) }
        guard let offset = layout.interpreter.lock,
            let interpreter = try? memory.pointer(at: address.offset(by: layout.thread.interpreter))
        else { return nil }
        return try? memory.pointer(at: interpreter.offset(by: offset))
    }

    func interpreter(of state: CPythonThreadState) -> Address? {
        try? memory.pointer(at: state.address.offset(by: layout.thread.interpreter))
    }

    /// The name of an interpreter's thread, if it has but one.
    func onlyName(in interpreter: Address) -> String? {
        let names = names(in: interpreter)
        return names.count == 1 ? names.values.first : nil
    }

    /// The names that the program gave its threads, by what pthread_self(3) gives in each; none where it doesn't use
    /// `threading`.
    func names(in interpreter: Address) -> [UInt64: String] {
        guard let modules = try? memory.pointer(at: interpreter.offset(by: layout.interpreter.modules)) else {
            return [:]
        }
        return (try? objects.threadNames(modules: modules)) ?? [:]
    }

    /// What the thread had to do with the lock when its stack was copied.
    ///
    /// A thread that waits for it is in futex(2) for a part of it, or on its way there.
    func lock(of state: CPythonThreadState, by stack: NativeStack) -> InterpreterLock? {
        guard let lock = state.lock, let fields = layout.lock else { return nil }
        if let enabled = fields.enabled, stack.all.copiedHalfWord(at: lock.offset(by: enabled)) == 0 { return nil }
        guard let holder = stack.all.copiedWord(at: lock.offset(by: fields.lastHolder)),
            let locked = stack.all.copiedHalfWord(at: lock.offset(by: fields.locked))
        else { return nil }
        if locked == 1, holder == state.address.rawValue { return .holds }
        let argument = NativeRegisters.Name.systemCallArguments.first.flatMap { stack.registers[$0] }
        let isAtLock = argument.map { $0 >= lock.rawValue && $0 - lock.rawValue < Self.lockSize } ?? false
        return isAtLock ? .waits : .released
    }
}

extension CPythonLayout.Lock {
    /// The bytes that hold its fields.
    var extent: (start: Int, count: UInt32) {
        let offsets = [locked, lastHolder] + (enabled.map { [$0] } ?? [])
        let (start, end) = (offsets.min() ?? 0, (offsets.max() ?? 0) + 8)
        return (start, UInt32(clamping: end - start))
    }
}
