/// What the structures of a runtime say of the thread of a stack.
package struct InterpreterThread: Hashable, Sendable {
    /// As the program named the thread; `nil` where it didn't, or where the name was not read again.
    package let name: String?
    /// `nil` where the runtime has no global lock, or where it was not copied together with the stack.
    package let lock: InterpreterLock?

    package init(name: String?, lock: InterpreterLock?) {
        self.name = name
        self.lock = lock
    }
}

/// What is known of the interpreter in one stack.
package struct InterpreterOutcome: Hashable, Sendable {
    package let frames: InterpretedFrames
    /// As that of the thread.
    package let lock: InterpreterLock?

    package init(frames: InterpretedFrames, lock: InterpreterLock?) {
        self.frames = frames
        self.lock = lock
    }
}

/// What a thread has to do with its interpreter's global lock.
package enum InterpreterLock: UInt8, Hashable, Sendable, CaseIterable {
    case holds
    case waits
    /// Neither: it does something that needs no lock, such as a system call.
    case released
}
