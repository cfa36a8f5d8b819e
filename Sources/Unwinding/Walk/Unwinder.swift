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

    /// The stack of a snapshot, leaf first.
    ///
    /// - Parameter generatedCode: reads code that no object file holds; without it, no stack goes through such code.
    package func unwind(_ snapshot: StackSnapshot, generatedCode: (any CodeReader)? = nil) -> RawStack {
        if space.isFull { flush() }
        context.begin(snapshot.stack, generatedCode: generatedCode)
        defer { context.end() }
        guard let leaf = snapshot.registers.programCounter, let stackPointer = snapshot.registers.stackPointer else {
            return RawStack(frames: [], ending: .truncated(.unknownRegister(at: Address(rawValue: 0))))
        }
        let position = StackPosition(
            registers: snapshot.registers, address: .programCounter(leaf), location: context.code.location(of: leaf),
            stackPointer: stackPointer)
        return follow(StackWalk(context: context, space: space, from: position))
    }

    private func follow(_ walk: StackWalk) -> RawStack {
        var walk = walk
        var frames: [RawFrame] = []
        frames.reserveCapacity(64)
        while true {
            frames.append(RawFrame(address: walk.position.address, location: walk.position.location))
            if frames.count >= frameLimit {
                return RawStack(frames: frames, ending: .truncated(.frameLimit(frameLimit)))
            }
            if let ending = walk.advanceByRecovery() { return RawStack(frames: frames, ending: ending) }
        }
    }
}
