package import ProfileModel

/// The frames of a thread state, as they were copied together with its stack: divided among the interpreter loops that run
/// them.
package struct CPythonChain: Sendable {
    /// What one interpreter loop runs.
    package struct Loop: Sendable {
        /// A variable of the loop, which lies in its native frame; `nil` up to 3.10, where there is none, and where the copy
        /// of the chain ends before the loop's mark.
        package let anchor: Address?
        /// Innermost first; none while the loop begins or ends.
        package let functions: [CPythonFrame]
        /// Whether it runs more functions, which were not copied.
        package var isCut = false
    }

    /// Whether the innermost loop has written its control frame, which is in the chain a moment before that.
    package enum InnermostControl: Sendable, Equatable {
        case isSet
        /// What it holds was there before; the next one is that of the loop outside, if there is one.
        case isUnset(outer: Address?)
    }

    /// Innermost first.
    package let loops: [Loop]
    /// Whether all frames up to the outermost one were copied.
    package let isComplete: Bool
    /// Whether the first of the loops is the innermost one.
    let isBeginningKnown: Bool
    /// A variable of the innermost loop that has begun (3.12).
    private(set) var control: Address?

    /// Bytes that hold a thread state of 3.11; what follows in memory is another object of the heap.
    private static let stateSize: UInt64 = 480
    /// More frames than are copied; of all loops together.
    private static let frameLimit = 1 << 14

    /// The chain of a thread state; `nil` where its beginning was not copied.
    ///
    /// - Parameter innermost: what the control frame of the innermost loop is, by its address and where in it the address of a frame
    ///   is (3.11 and 3.12).
    package init?(
        of thread: Address, _ layout: CPythonLayout, in memory: CopiedMemory,
        innermost: (Address, UInt64) -> InnermostControl = { _, _ in .isSet }
    ) {
        switch layout.thread.frames {
        case .frameObject(let offset):
            guard let head = memory.copiedWord(at: thread.advanced(by: UInt64(offset))) else { return nil }
            let (frames, isComplete, _) = Self.frames(from: head, layout, in: memory)
            self.init(
                loops: frames.map { Loop(anchor: nil, functions: [$0]) }, isComplete: isComplete, isBeginningKnown: true
            )
        case .interpreterFrame(let offset):
            guard let head = memory.copiedWord(at: thread.advanced(by: UInt64(offset))) else { return nil }
            self.init(markedFrom: head, layout, in: memory)
        case .controlFrame(let offset, let current, let previous):
            guard var control = memory.copiedWord(at: thread.advanced(by: UInt64(offset))) else { return nil }
            switch innermost(Address(rawValue: control), UInt64(current)) {
            case .isSet: break
            case .isUnset(outer: let outer?): control = outer.rawValue
            case .isUnset(outer: nil):
                self.init(loops: [], isComplete: true, isBeginningKnown: true)
                return
            }
            guard case .controlFrame = layout.frame.entry else {
                guard let head = memory.copiedWord(at: Address(rawValue: control).advanced(by: UInt64(current))) else {
                    return nil
                }
                self.init(markedFrom: head, layout, in: memory)
                self.control = Address(rawValue: control)
                return
            }
            self.init(
                controlledFrom: Address(rawValue: control), until: thread, current: UInt64(current),
                previous: UInt64(previous), layout, in: memory)
        }
    }

    private init(loops: [Loop], isComplete: Bool, isBeginningKnown: Bool) {
        self.loops = loops
        self.isComplete = isComplete
        self.isBeginningKnown = isBeginningKnown
    }

    /// 3.12 and later: a loop's functions end with its mark.
    private init(markedFrom head: UInt64, _ layout: CPythonLayout, in memory: CopiedMemory) {
        let (frames, isComplete, isCut) = Self.frames(from: head, layout, in: memory)
        var loops: [Loop] = []
        var functions: [CPythonFrame] = []
        for frame in frames {
            if frame.marksLoop {
                loops.append(Loop(anchor: frame.address, functions: functions))
                functions = []
            } else {
                functions.append(frame)
            }
        }
        let isBeginningKnown = isComplete || !loops.isEmpty
        if isCut, !functions.isEmpty { loops.append(Loop(anchor: nil, functions: functions, isCut: true)) }
        self.init(
            loops: loops, isComplete: isComplete && functions.isEmpty, isBeginningKnown: isBeginningKnown)
    }

    /// 3.11: each loop has a control frame on the native stack that points to its innermost frame; its functions end where those
    /// of the loop outside begin.
    ///
    /// The last control frame is in the thread state, and belongs to no loop. That of a loop that is just beginning points to
    /// no frame yet, but to whatever was there before.
    private init(
        controlledFrom first: Address, until thread: Address, current: UInt64, previous: UInt64,
        _ layout: CPythonLayout, in memory: CopiedMemory
    ) {
        func head(of control: Address) -> UInt64? {
            isInThread(control) ? 0 : memory.copiedWord(at: control.advanced(by: current))
        }
        func isInThread(_ control: Address) -> Bool {
            thread <= control && control < thread.advanced(by: Self.stateSize)
        }
        var loops: [Loop] = []
        var control = first
        var limit = Self.frameLimit
        while !isInThread(control), limit > 0 {
            guard let outer = memory.copiedWord(at: control.advanced(by: previous)).map(Address.init(rawValue:)),
                let start = head(of: control), let end = head(of: outer)
            else { break }
            let (functions, isWhole, isCut) = Self.frames(
                from: start, until: end, layout, in: memory, limit: limit)
            // GCC lets the loop point to a function that it calls some instructions before that leads to the caller: what it leads
            // to then may be in another loop.
            let entries = functions.count(where: \.isEntry)
            let hasAll = isWhole && (functions.isEmpty || entries == 1 && functions.last?.isEntry == true)
            let isKnown = hasAll || isCut && entries == 0
            loops.append(Loop(anchor: control, functions: isKnown ? functions : [], isCut: !hasAll))
            limit -= 1 + functions.count
            control = outer
        }
        self.init(
            loops: loops, isComplete: isInThread(control) && !loops.contains(where: \.isCut),
            isBeginningKnown: loops.first.map { !$0.isCut } ?? isInThread(control))
    }

    /// The frames from one up to another, which isn't one of them.
    ///
    /// They lead to that, or are cut off at a frame that was not copied. Neither is so of a chain that leads to itself, or to
    /// what can't be a frame.
    private static func frames(
        from start: UInt64, until end: UInt64 = 0, _ layout: CPythonLayout, in memory: CopiedMemory,
        limit: Int = frameLimit
    ) -> (frames: [CPythonFrame], isWhole: Bool, isCut: Bool) {
        var frames: [CPythonFrame] = []
        var next = start
        while next != end {
            guard next != 0, frames.count < limit else { return (frames, false, false) }
            guard let frame = CPythonFrame(at: Address(rawValue: next), layout, in: memory) else {
                return (frames, false, next < userSpaceEnd && next % 8 == 0)
            }
            frames.append(frame)
            next = frame.previous?.rawValue ?? 0
        }
        return (frames, true, false)
    }

    private static let userSpaceEnd: UInt64 = 1 << 47
}
