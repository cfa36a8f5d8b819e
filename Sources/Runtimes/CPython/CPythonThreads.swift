internal import ProfileModel

/// The thread states of a process, read from its memory while it goes on: which of them belongs to a stack.
struct CPythonThreads {
    let layout: CPythonLayout
    let objects: CPythonObjects
    let memory: any RuntimeMemory
    /// Where `_PyRuntime` is; `nil` up to 3.6.
    let runtime: Address?
    /// Where the pointer to the first interpreter is.
    let interpretersHead: Address

    static let interpreterLimit = 256
    static let threadLimit = 4096

    /// All interpreters, the newest first.
    func interpreters() -> [Address] {
        list(from: interpretersHead, next: layout.interpreter.next, limit: Self.interpreterLimit)
    }

    /// The thread states of all interpreters.
    func states() -> [Address] {
        var states: [Address] = []
        for interpreter in interpreters() where states.count < Self.threadLimit {
            states += self.states(of: interpreter).prefix(Self.threadLimit - states.count)
        }
        return states
    }

    func states(of interpreter: Address) -> [Address] {
        list(
            from: interpreter.offset(by: layout.interpreter.threadsHead), next: layout.thread.next,
            limit: Self.threadLimit)
    }

    private func list(from head: Address, next: Int, limit: Int) -> [Address] {
        var elements: [Address] = []
        var place = head
        while elements.count < limit, let element = try? memory.pointer(at: place), !elements.contains(element) {
            elements.append(element)
            place = element.offset(by: next)
        }
        return elements
    }

    /// Where a thread state has its frames.
    ///
    /// - Parameter framesLeft: how many frames may be followed for that, and for others.
    func place(of state: Address, framesLeft: inout Int) -> Place {
        switch layout.thread.frames {
        case .controlFrame(let offset, _, _):
            return Place(variable: try? memory.pointer(at: state.offset(by: offset)))
        case .interpreterFrame(let offset):
            guard let head = try? memory.pointer(at: state.offset(by: offset)) else { return Place() }
            return Place(variable: mark(from: head, framesLeft: &framesLeft))
        case .frameObject(let offset):
            let head = try? memory.pointer(at: state.offset(by: offset))
            return Place(
                descriptor: try? memory.pointer(at: state.offset(by: layout.thread.threadID)),
                frames: head.map { frames(from: $0, framesLeft: &framesLeft) } ?? [])
        }
    }

    /// The first mark of a loop in a chain.
    private func mark(from head: Address, framesLeft: inout Int) -> Address? {
        guard case .owner(let owner, let loop) = layout.frame.entry else { return nil }
        var next: Address? = head
        while let frame = next, framesLeft > 0 {
            framesLeft -= 1
            if memory.bytes(at: frame.offset(by: owner), count: 1).first == loop { return frame }
            next = try? memory.pointer(at: frame.offset(by: layout.frame.previous))
        }
        return nil
    }

    /// The outermost frame, and those that are 1, 2, 4, 8 … frames outside of the innermost one.
    private func frames(from head: Address, framesLeft: inout Int) -> [Address] {
        var frames: [Address] = []
        var frame = head
        var distance = 0
        while framesLeft > 0, let word = try? memory.word(at: frame.offset(by: layout.frame.previous)) {
            framesLeft -= 1
            if word == 0 { return [frame] + frames }
            if distance & (distance - 1) == 0, distance > 0 { frames.append(frame) }
            distance += 1
            frame = Address(rawValue: word)
        }
        return []
    }
}

extension CPythonThreads {
    /// Thread states on one stack: one for each interpreter that was entered there.
    private static let statesOfStack = 4

    /// Those of `states` whose frames lie on a stack.
    static func states(
        on stack: NativeStack, among states: [Address], places: (Address) -> Place
    ) -> [Address] {
        // One mapping may hold the stacks of several threads: a stack's own descriptor is the first above it.
        let nearest = states.compactMap { places($0).descriptor(above: stack) }.min()
        var own: [Address] = []
        for state in states where own.count < statesOfStack {
            let place = places(state)
            if nearest.map({ place.descriptor == $0 }) ?? place.isOn(stack) { own.append(state) }
        }
        return own
    }

    /// What shows on which stack a thread state's frames are.
    struct Place {
        /// A variable of a loop (3.11 and later).
        var variable: Address?
        /// The thread's descriptor of pthreads, which is at the top of all stacks but the first thread's (up to 3.10).
        var descriptor: Address?
        /// Some of the frames, of which the addresses are on the stack (up to 3.10): the first one is the outermost one.
        var frames: [Address] = []

        /// How much of a stack is searched whose outer part was not copied.
        private static let searchedBytes: UInt64 = 128 << 10

        /// Where the descriptor is, if it is above the stack's beginning.
        func descriptor(above stack: NativeStack) -> Address? {
            descriptor.flatMap { stack.used.lowerBound <= $0 && stack.extent.contains($0) ? $0 : nil }
        }

        func isOn(_ stack: NativeStack) -> Bool {
            if let variable, stack.used.contains(variable) { return true }
            if let outermost = frames.first, stack.memory.holds(outermost.rawValue, in: stack.used) { return true }
            guard stack.ending != .rootReached else { return false }
            let start = stack.used.lowerBound
            let searched = start..<min(stack.used.upperBound, start.advanced(by: Self.searchedBytes))
            return frames.dropFirst().contains { stack.memory.holds($0.rawValue, in: searched) }
        }
    }
}

extension CPythonLayout {
    /// What to copy of thread states together with their stack.
    func plan(for states: [CPythonThreadState]) -> InterpreterPlan? {
        guard !states.isEmpty else { return nil }
        return InterpreterPlan(
            steps: states.flatMap { state in
                let head = InterpreterPlan.Place(state.address.offset(by: thread.frames.offset))
                return [.bytes(at: head, count: 8)] + lockSteps(state.lock)
                    + frameSteps(of: InterpreterPlan.Place(state.address))
            })
    }

    /// What to copy with the stack of any thread: the lock, and the frames of the thread state that holds it, which a thread
    /// that runs is likely to be.
    func sharedPlan(lock place: Address) -> InterpreterPlan? {
        guard let lock else { return nil }
        let holder = InterpreterPlan.Place(place, following: [UInt32(clamping: lock.lastHolder)])
        let head = InterpreterPlan.Step.bytes(at: holder, count: UInt32(clamping: thread.frames.offset + 8))
        return InterpreterPlan(steps: lockSteps(place) + [head] + frameSteps(of: holder))
    }

    private func lockSteps(_ place: Address?) -> [InterpreterPlan.Step] {
        guard let lock, let place else { return [] }
        let extent = lock.extent
        return [.bytes(at: InterpreterPlan.Place(place.offset(by: extent.start)), count: extent.count)]
    }

    /// - Parameter state: leads to the thread state.
    private func frameSteps(of state: InterpreterPlan.Place) -> [InterpreterPlan.Step] {
        let fields = thread
        func place(_ offsets: Int...) -> InterpreterPlan.Place {
            InterpreterPlan.Place(
                state.address, following: state.offsets + offsets.map { UInt32(clamping: $0) })
        }
        let first =
            if case .controlFrame(let offset, let current, _) = fields.frames { place(offset, current) } else {
                place(fields.frames.offset)
            }
        var steps: [InterpreterPlan.Step] = []
        if let stack = fields.dataStack {
            steps.append(.range(from: place(stack.chunk), to: place(stack.top), limit: CPythonLayout.chunkSize))
            // A chunk begins with the address of the one before.
            steps.append(.bytes(at: place(stack.chunk, 0), count: CPythonLayout.chunkSize))
        }
        steps.append(
            .list(
                first: first, next: UInt32(clamping: frame.previous), count: UInt32(clamping: frame.byteCount),
                limit: InterpreterPlan.elementLimit))
        return steps
    }

    /// As CPython allocates them, where no frame is larger (Include/internal/pycore_pystate.h).
    private static let chunkSize: UInt32 = 16 << 10
}
