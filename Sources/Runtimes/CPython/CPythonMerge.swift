internal import ProfileModel
internal import SystemSupport

/// Finds out which functions each interpreter loop of a native stack ran, by evidence on the stack itself.
///
/// From 3.11 on a variable of each loop is part of the chain of frames, so that the native frame in which it lies is the
/// loop. Before, a loop runs one frame, whose address is in the loop's native frame or was saved by what the loop called.
struct CPythonMerge {
    /// What the loops of a stack ran, by the positions of their native frames.
    struct Assignment: Equatable {
        var functions: [Int: [CPythonFrame]] = [:]
        /// Why loops are left without functions; `nil` where none is, but for one that begins or ends.
        var loss: InterpreterLoss?
    }

    let stack: NativeStack
    /// The positions of the interpreter loops among the frames, innermost first.
    let loops: [Int]

    // MARK: - 3.11 and later

    /// Whether the innermost function is a loop that has not yet written the address of its frame to a variable: a loop has the
    /// address in a register, or elsewhere in its own frame.
    func isUnset(_ variable: Address) -> Bool {
        guard loops.first == 0, let native = stack.frames.first, let end = native.end, native.holds(variable),
            let address = stack.memory.copiedWord(at: variable)
        else { return false }
        let following = variable.advanced(by: 8)
        return !stack.registers.hold(address) && !stack.memory.holds(address, in: native.stackPointer..<variable)
            && (following >= end || !stack.memory.holds(address, in: following..<end))
    }

    /// - Parameter chains: of all thread states that run on this stack.
    func assignByAnchors(_ chains: [CPythonChain]) -> Assignment {
        var assignment = Assignment()
        for chain in chains {
            for loop in chain.loops {
                guard let anchor = loop.anchor, !isBeyondStack(anchor) else { continue }
                guard let index = index(holding: anchor), assignment.functions[index] == nil else {
                    return Assignment(loss: .mismatch)
                }
                assignment.functions[index] = loop.functions
            }
        }
        let innermost = assignment.functions.keys.min() ?? .max
        // The innermost loop begins before it has a place in the chain, and ends after it; but for that the chain's beginning
        // has to be known.
        let mayBegin = chains.allSatisfy(\.isBeginningKnown)
        let missing = loops.filter {
            assignment.functions[$0] == nil && !(mayBegin && $0 < innermost && isInnermost($0))
        }
        if !missing.isEmpty {
            assignment.loss = chains.allSatisfy(\.isComplete) && !chains.isEmpty ? .mismatch : .tooDeep
        }
        return assignment
    }

    private func isInnermost(_ index: Int) -> Bool { loops.first == index }

    /// Whether it lies above the part of a stack that the frames are known of.
    private func isBeyondStack(_ anchor: Address) -> Bool {
        guard case .truncated = stack.ending, let last = stack.frames.last else { return false }
        return anchor >= last.stackPointer && !loops.contains(stack.frames.count - 1)
    }

    private func index(holding anchor: Address) -> Int? {
        let following = stack.frames.partitionPoint { $0.stackPointer <= anchor }
        // Where the stack goes on on another one, frames aren't in the order of their addresses.
        if following > 0, stack.frames[following - 1].holds(anchor) { return following - 1 }
        return stack.frames.firstIndex { $0.holds(anchor) }
    }

    // MARK: - Up to 3.10

    func assignByAddresses(_ chain: CPythonChain) -> Assignment {
        guard chain.isComplete else { return Assignment(loss: .tooDeep) }
        guard case .rootReached = stack.ending else { return Assignment(loss: .mismatch) }
        // The innermost loop begins before its frame is in the chain, and ends after it has left it.
        let counted = loops.count - chain.loops.count
        guard counted == 0 || counted == 1 else { return Assignment(loss: .mismatch) }
        var assignment = Assignment()
        for (index, loop) in zip(loops.dropFirst(counted), chain.loops) {
            guard let frame = loop.functions.first, isHeld(frame.address, byLoopAt: index) else {
                return Assignment(loss: .mismatch)
            }
            assignment.functions[index] = [frame]
        }
        return assignment
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

extension NativeRegisters {
    fileprivate func hold(_ value: UInt64) -> Bool { Name.allCases.contains { self[$0] == value } }
}
