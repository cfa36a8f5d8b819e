package import ObjectFiles
package import ProfileModel

/// Follows the stacks of one process from snapshots, without touching it.
///
/// Belongs to one thread. Steps by the call frame information of the mapped object files, evaluated by libunwind;
/// where there is none, by what the code does with the stack, confirmed by calls. What neither can follow is truncated.
package final class Unwinder {
    private let context: UnwindContext
    private let space: LibunwindSpace
    private let frameLimit: Int

    /// - Parameters:
    ///   - addressSpace: what is mapped where in the process.
    ///   - frameLimit: the number of frames after which a stack is truncated.
    package init(
        addressSpace: AddressSpaceMap, tables: UnwindTableCache, frameLimit: Int = 512
    ) throws(UnwinderError) {
        context = UnwindContext(addressSpace: addressSpace, tables: tables)
        space = try LibunwindSpace(context)
        self.frameLimit = frameLimit
    }

    /// What is mapped where; setting it to other code discards all that was cached.
    package var addressSpace: AddressSpaceMap {
        get { context.code.addressSpace }
        set {
            if !newValue.hasSameCode(as: context.code.addressSpace) { flush() }
            context.code.addressSpace = newValue
        }
    }

    private func flush() {
        space.flush()
        context.removeAll()
    }

    /// The stack of a snapshot, leaf first, and what to copy of its thread next time if that would show more.
    ///
    /// - Parameter generatedCode: reads code that no object file holds; without it, no stack goes through such code.
    package func unwind(_ snapshot: StackSnapshot, generatedCode: (any CodeReader)? = nil) -> UnwoundStack {
        walk(snapshot, generatedCode: generatedCode).stack
    }

    /// The same, with the stack pointers of its frames.
    package func walk(_ snapshot: StackSnapshot, generatedCode: (any CodeReader)? = nil) -> WalkedStack {
        if space.isFull { flush() }
        context.begin(snapshot, generatedCode: generatedCode)
        defer { context.end() }
        guard let leaf = snapshot.registers.programCounter, let stackPointer = snapshot.registers.stackPointer else {
            let stack = RawStack(frames: [], ending: .truncated(.unknownRegister(at: Address(rawValue: 0))))
            return WalkedStack(stack: UnwoundStack(stack), stackPointers: [])
        }
        let position = StackPosition(
            registers: snapshot.registers, address: .programCounter(leaf), location: context.code.location(of: leaf),
            stackPointer: stackPointer)
        return follow(StackWalk(context: context, space: space, from: position))
    }

    private func follow(_ walk: StackWalk) -> WalkedStack {
        var walk = walk
        var frames: [RawFrame] = []
        var stackPointers: [Address] = []
        frames.reserveCapacity(64)
        stackPointers.reserveCapacity(64)
        while true {
            frames.append(RawFrame(address: walk.position.address, location: walk.position.location))
            stackPointers.append(walk.position.stackPointer)
            if frames.count >= frameLimit {
                let stack = RawStack(frames: frames, ending: .truncated(.frameLimit(frameLimit)))
                return WalkedStack(stack: UnwoundStack(stack), stackPointers: stackPointers)
            }
            let ending = walk.advanceByRecovery()
            switch walk.leftFrame {
            case .function:
                guard case .truncated = ending, let start = walk.startReturnedTo else { break }
                frames[frames.count - 1] = frame(startingAt: start)
            case .signalReturn: frames[frames.count - 1] = frames[frames.count - 1].asSignalReturn
            case .placeholder:
                frames.removeLast()
                stackPointers.removeLast()
            case .entry:
                frames[frames.count - 1] = frame(startingAt: walk.position.address.value)
            }
            if let ending {
                let stack = UnwoundStack(RawStack(frames: frames, ending: ending), plan: plan(after: walk, ending))
                return WalkedStack(stack: stack, stackPointers: stackPointers)
            }
        }
    }

    private func frame(startingAt start: Address) -> RawFrame {
        RawFrame(address: .programCounter(start), location: context.code.location(of: start))
    }

    private func plan(after walk: StackWalk, _ ending: StackEnding) -> CopyPlan? {
        switch ending {
        case .truncated(.otherStackNotCopied): walk.switches.plan
        case .truncated(.beyondCopiedStack(let address)):
            walk.switches.plan(beyond: address, from: walk.position.stackPointer, in: context.stack)
        default: nil
        }
    }
}

/// A stack as it was followed.
package struct WalkedStack: Sendable {
    package let stack: UnwoundStack
    /// Those of its frames, in the same order.
    package let stackPointers: [Address]
}

extension RawFrame {
    fileprivate var asSignalReturn: RawFrame {
        RawFrame(address: .programCounter(address.value), location: .signalReturn(address.value))
    }
}
