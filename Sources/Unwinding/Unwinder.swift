package import ObjectFiles
package import ProfileModel

/// Follows the stacks of one process from snapshots, without touching it.
///
/// Belongs to one thread. Steps by the call frame information of the mapped object files, evaluated by libunwind;
/// where there is none, by frame pointers that lead to a verified call. What neither can follow is truncated.
package final class Unwinder {
    private let memory: UnwindMemory
    private let space: LibunwindSpace
    private let frameLimit: Int

    /// - Parameters:
    ///   - addressSpace: what is mapped where in the process.
    ///   - frameLimit: the number of frames after which a stack is truncated.
    package init(
        addressSpace: AddressSpaceMap, tables: UnwindTableCache, frameLimit: Int = 512
    ) throws(UnwinderError) {
        let memory = UnwindMemory(addressSpace: addressSpace, tables: tables)
        self.memory = memory
        self.frameLimit = frameLimit
        space = try LibunwindSpace(memory: memory)
    }

    /// What is mapped where; setting it to other code forgets all that was cached.
    package var addressSpace: AddressSpaceMap {
        get { memory.addressSpace }
        set {
            if !newValue.hasSameCode(as: memory.addressSpace) { flush() }
            memory.addressSpace = newValue
        }
    }

    private func flush() {
        space.flush()
        memory.forgetEntries()
    }

    /// The stack of a snapshot, leaf first.
    ///
    /// - Parameter generatedCode: reads code that no object file holds; without it, no stack goes through such code.
    package func unwind(_ snapshot: StackSnapshot, generatedCode: (any CodeReader)? = nil) -> RawStack {
        if memory.isFull { flush() }
        memory.begin(snapshot.stack, generatedCode: generatedCode)
        defer { memory.end() }
        guard let pc = snapshot.registers[.rip], let sp = snapshot.registers[.rsp] else {
            return RawStack(frames: [], ending: .truncated(.unknownRegister(at: Address(rawValue: 0))))
        }
        let leaf = Address(rawValue: pc)
        var walk = StackWalk(
            memory: memory, space: space,
            position: StackPosition(
                registers: snapshot.registers, address: .programCounter(leaf),
                location: memory.addressSpace.location(of: leaf), stackPointer: sp))
        var frames: [RawFrame] = []
        frames.reserveCapacity(64)
        while true {
            frames.append(RawFrame(address: walk.position.address, location: walk.position.location))
            if frames.count >= frameLimit {
                return RawStack(frames: frames, ending: .truncated(.frameLimit(frameLimit)))
            }
            if let ending = walk.step() { return RawStack(frames: frames, ending: ending) }
        }
    }
}

/// Why no unwinder could be made.
package enum UnwinderError: Error, Sendable {
    case outOfMemory
}

/// Reads generated code, which changes rarely, from a live process.
///
/// Stacks change all the time, and are never read so.
package protocol CodeReader {
    /// Up to `count` bytes at `address`; fewer where the memory ends.
    func bytes(at address: Address, count: Int) -> [UInt8]
}
