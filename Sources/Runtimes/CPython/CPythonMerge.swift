package import ProfileModel
internal import SystemSupport

/// Finds out which functions each interpreter loop of a native stack ran, by evidence on the stack itself.
///
/// From 3.11 on a variable of each loop is part of the chain of frames, so that the native frame in which it lies is the
/// loop. Before, a loop runs one frame, whose address is in the loop's native frame or was saved by what the loop called.
package struct CPythonMerge {
    /// What the loops of a stack ran, by the positions of their native frames.
    package struct Assignment: Equatable {
        package var functions: [Int: [CPythonFrame]] = [:]
        /// Those of the loops that ran more functions, outside of these, which are not known.
        package var cut: Set<Int> = []
        /// Why loops are left without functions; `nil` where none is, but for one that begins or ends.
        package var loss: InterpreterLoss?
    }

    let stack: NativeStack
    /// The positions of the interpreter loops among the frames, innermost first.
    let loops: [Int]

    package init(stack: NativeStack, loops: [Int]) {
        self.stack = stack
        self.loops = loops
    }

    // MARK: - 3.11 and later

    /// The code at the beginning of a loop's function, in which it makes its control frame, has less than so many bytes.
    private static let entrySize: UInt64 = 256

    /// What the control frame of the innermost loop is.
    ///
    /// GCC puts it into the chain some instructions before it writes it. Until then the loop's frame is in a register, and what was left on
    /// the stack by another loop is not.
    ///
    /// - Parameters:
    ///   - offset: where in it the address of a frame is.
    ///   - entry: where the function begins that the stack's innermost frame is in.
    func innermostControl(at control: Address, pointingAt offset: UInt64, entry: Address)
        -> CPythonChain.InnermostControl
    {
        guard loops.first == 0, let native = stack.frames.first, let end = native.end, native.holds(control),
            native.frame.address.instruction < entry.advanced(by: Self.entrySize),
            let frame = stack.memory.copiedWord(at: control.advanced(by: offset)), !stack.registers.hold(frame)
        else { return .isSet }
        guard loops.count > 1, let outerEnd = stack.frames[loops[1]].end else { return .isUnset(outer: nil) }
        // All loops have it at the same distance from the end of their native frames.
        return .isUnset(outer: Address(rawValue: outerEnd.rawValue &- (end.rawValue - control.rawValue)))
    }

    /// - Parameter chains: of all thread states that run on this stack.
    package func assignByAnchors(_ chains: [CPythonChain]) -> Assignment {
        let beyond = firstBeyondStack(among: chains.flatMap { $0.loops.compactMap(\.anchor) })
        var assignment = Assignment()
        for chain in chains {
            guard leadsToItsInnermostLoop(chain) else { return Assignment(loss: .mismatch) }
            var last: Int?
            for loop in chain.loops {
                guard let anchor = loop.anchor else {
                    if chains.count == 1 { assignment.assign(shown(loop, outside: last)) }
                    continue
                }
                if let beyond, anchor >= beyond { continue }
                // Loops further out in a chain have called those further in.
                guard let index = index(holding: anchor), assignment.functions[index] == nil, index > last ?? -1 else {
                    return Assignment(loss: .mismatch)
                }
                assignment.assign(shown(loop, at: index))
                last = index
            }
        }
        assignment.loss = loss(of: assignment, chains)
        return assignment
    }

    /// Whether the first mark of a chain is that of the innermost loop, where that is known otherwise: GCC lets a loop point to a
    /// function that it calls some instructions before that leads to the caller.
    private func leadsToItsInnermostLoop(_ chain: CPythonChain) -> Bool {
        guard let control = chain.control, let anchor = chain.loops.first?.anchor, let loop = index(holding: control)
        else { return true }
        return index(holding: anchor) == loop
    }

    /// Where the copy of a chain ends before the mark of a loop, it is the next one on the stack.
    private func shown(_ loop: CPythonChain.Loop, outside last: Int?) -> ShownLoop? {
        loops.first { $0 > last ?? -1 }.map { shown(loop, at: $0) }
    }

    /// What a loop shows: nothing where its functions may be those of a loop outside, as this one begins.
    private func shown(_ loop: CPythonChain.Loop, at index: Int) -> ShownLoop {
        let isProven = !loop.isCut || !isInnermost(index) || hasBegun(index, running: loop.functions)
        return ShownLoop(index: index, functions: isProven ? loop.functions : [], isCut: loop.isCut)
    }

    /// Whether a loop runs a function, by its having called something, and having its address.
    private func hasBegun(_ index: Int, running functions: [CPythonFrame]) -> Bool {
        guard let innermost = functions.first, isHeld(innermost.address, byLoopAt: index) else { return false }
        if case .returnAddress = stack.frames[index].frame.address { return true }
        return loops.count == 1 && stack.ending == .rootReached
    }

    private func loss(of assignment: Assignment, _ chains: [CPythonChain]) -> InterpreterLoss? {
        let innermost = assignment.functions.keys.min() ?? .max
        // The innermost loop begins before it has a place in the chain, and ends after it; but for that the chain's beginning
        // has to be known.
        let mayBegin = chains.allSatisfy(\.isBeginningKnown)
        let missing = loops.filter {
            assignment.functions[$0] == nil
                && !(mayBegin && $0 < innermost && isInnermost($0) && !isWhereStackEnds($0))
        }
        if missing.isEmpty { return assignment.cut.isEmpty ? nil : .tooDeep }
        let isWhole = chains.allSatisfy(\.isComplete) && !chains.isEmpty
        return isWhole && !missing.allSatisfy(isWhereStackEnds) ? .mismatch : .tooDeep
    }

    private func isInnermost(_ index: Int) -> Bool { loops.first == index }

    /// Whether it is the last frame of a stack that goes on, so that it isn't known how far up it reaches.
    private func isWhereStackEnds(_ index: Int) -> Bool {
        stack.ending != .rootReached && index == stack.frames.count - 1
    }

    /// The first of the anchors that lie above the part of a stack that the frames are known of.
    ///
    /// Where the last frame is a loop that has begun, the first one is its own.
    private func firstBeyondStack(among anchors: [Address]) -> Address? {
        guard let last = stack.frames.last, stack.ending != .rootReached else { return nil }
        let isLoop = loops.last == stack.frames.count - 1
        let hasAnchor = if isLoop, case .returnAddress = last.frame.address { true } else { false }
        return anchors.filter { $0 >= last.stackPointer }.sorted().dropFirst(hasAnchor ? 1 : 0).first
    }

    private func index(holding anchor: Address) -> Int? {
        let following = stack.frames.partitionPoint { $0.stackPointer <= anchor }
        // Where the stack goes on on another one, frames aren't in the order of their addresses.
        if following > 0, stack.frames[following - 1].holds(anchor) { return following - 1 }
        return stack.frames.firstIndex { $0.holds(anchor) }
    }

    // MARK: - Up to 3.10

    /// - Parameter chains: of all thread states that run on this stack.
    package func assignByAddresses(_ chains: [CPythonChain]) -> Assignment {
        let frames = framesInOrder(of: chains)
        let isWhole = chains.allSatisfy(\.isComplete)
        let isRooted = stack.ending == .rootReached
        // The innermost loop begins before its frame is in the chain, and ends after it has left it.
        let fitting = [0, 1].filter { beginning in
            let surplus = loops.count - beginning - frames.count
            switch (isWhole, isRooted) {
            case (true, true): return surplus == 0 && areHeld(frames, beginning: beginning)
            case (true, false): return surplus <= 0 && areProven(frames, beginning: beginning)
            case (false, true): return surplus > 0 && areProven(frames, beginning: beginning)
            case (false, false): return areProven(frames, beginning: beginning)
            }
        }
        guard let beginning = fitting.first, fitting.count == 1 else {
            return Assignment(loss: isWhole && isRooted ? .mismatch : .tooDeep)
        }
        var assignment = Assignment()
        for (index, frame) in zip(loops.dropFirst(beginning), frames) { assignment.functions[index] = [frame] }
        if loops.count - beginning > frames.count { assignment.loss = .tooDeep }
        return assignment
    }

    /// The frames of all chains, innermost first: those of a thread state that was entered on the way of another one's lie
    /// below that one's.
    private func framesInOrder(of chains: [CPythonChain]) -> [CPythonFrame] {
        let frames = chains.map { $0.loops.compactMap(\.functions.first) }.filter { !$0.isEmpty }
        guard frames.count > 1 else { return frames.first ?? [] }
        let places = frames.map { frames in
            loops.first { index in frames.first.map { isHeld($0.address, byLoopAt: index) } ?? false } ?? .max
        }
        return zip(places, frames).sorted { $0.0 < $1.0 }.flatMap(\.1)
    }

    private func areHeld(_ frames: [CPythonFrame], beginning: Int) -> Bool {
        zip(loops.dropFirst(beginning), frames).allSatisfy { isHeld($1.address, byLoopAt: $0) }
    }

    /// Whether frames and loops of which either is only a part are those of each other: the innermost ones that are known.
    private func areProven(_ frames: [CPythonFrame], beginning: Int) -> Bool {
        let known = zip(loops.dropFirst(beginning), frames).filter { !isWhereStackEnds($0.0) }
        return !known.isEmpty && known.allSatisfy { isHeld($1.address, byLoopAt: $0) }
    }

    /// Whether a frame's address is in the loop's native frame, or in what was called from it: as a variable, or as a register
    /// that a callee has saved.
    private func isHeld(_ address: Address, byLoopAt index: Int) -> Bool {
        let inner = loops.last { $0 < index }
        if inner == nil, stack.registers.hold(address.rawValue) { return true }
        let start = inner.flatMap { stack.frames[$0].end } ?? stack.frames.first?.stackPointer
        guard let start, let end = stack.frames[index].end ?? stack.memory.end, start < end else { return false }
        return stack.memory.holds(address.rawValue, in: start..<end)
    }
}

/// What one loop shows in the place of its native frame.
private struct ShownLoop {
    let index: Int
    let functions: [CPythonFrame]
    let isCut: Bool
}

extension CPythonMerge.Assignment {
    fileprivate mutating func assign(_ loop: ShownLoop?) {
        guard let loop else { return }
        functions[loop.index] = loop.functions
        if loop.isCut { cut.insert(loop.index) }
    }
}

extension NativeRegisters {
    fileprivate func hold(_ value: UInt64) -> Bool { Name.allCases.contains { self[$0] == value } }
}
