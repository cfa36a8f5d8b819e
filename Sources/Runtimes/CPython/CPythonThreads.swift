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
    /// Frames that are followed from a thread state to its stack.
    private static let frameLimit = 256
    /// Thread states on one stack: one for each interpreter that was entered there.
    private static let statesOfStack = 4

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

    /// Those of `states` whose frames lie on a stack.
    func states(on stack: NativeStack, among states: [Address]) -> [Address] {
        var own: [Address] = []
        if case .frameObject = layout.thread.frames { own = statesByDescriptor(on: stack, among: states) }
        return Array((own.isEmpty ? states.filter { isOn(stack, $0) } : own).prefix(Self.statesOfStack))
    }

    /// Those whose thread has its descriptor on a stack: that of pthreads is at the top of all stacks but the first thread's.
    private func statesByDescriptor(on stack: NativeStack, among states: [Address]) -> [Address] {
        let descriptors = states.compactMap { state in
            (try? memory.pointer(at: state.offset(by: layout.thread.threadID))).map { (state: state, place: $0) }
        }
        let above = descriptors.filter { stack.used.lowerBound <= $0.place && stack.extent.contains($0.place) }
        let nearest = above.map(\.place).min()
        return above.filter { $0.place == nearest }.map(\.state)
    }

    private func isOn(_ stack: NativeStack, _ state: Address) -> Bool {
        switch layout.thread.frames {
        case .controlFrame(let offset, _, _):
            guard let control = try? memory.pointer(at: state.offset(by: offset)) else { return false }
            return stack.used.contains(control)
        case .interpreterFrame(let offset):
            guard let head = try? memory.pointer(at: state.offset(by: offset)) else { return false }
            return marks(from: head).contains { stack.used.contains($0) }
        case .frameObject(let offset):
            guard let head = try? memory.pointer(at: state.offset(by: offset)) else { return false }
            return outermost(from: head).map { stack.memory.holds($0.rawValue, in: stack.used) } ?? false
        }
    }

    /// The first mark of a loop in a chain.
    private func marks(from head: Address) -> [Address] {
        guard case .owner(let owner, let loop) = layout.frame.entry else { return [] }
        var next: Address? = head
        for _ in 0..<Self.frameLimit {
            guard let frame = next else { return [] }
            if memory.bytes(at: frame.offset(by: owner), count: 1).first == loop { return [frame] }
            next = try? memory.pointer(at: frame.offset(by: layout.frame.previous))
        }
        return []
    }

    private func outermost(from head: Address) -> Address? {
        var frame = head
        for _ in 0..<Self.frameLimit {
            guard let word = try? memory.word(at: frame.offset(by: layout.frame.previous)) else { return nil }
            if word == 0 { return frame }
            frame = Address(rawValue: word)
        }
        return nil
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
