internal import ProfileModel

/// One machine instruction, as far as it matters to where a frame keeps things.
struct MachineInstruction {
    enum Operation: Equatable {
        /// Moves the stack pointer down by so many bytes; the register is `nil` where something else is pushed.
        case push(NativeRegisters.Name?, Int64)
        /// Moves it up; not by what it pops.
        case pop(Int64)
        /// `destination = source`.
        case copy(to: NativeRegisters.Name, from: NativeRegisters.Name)
        /// `destination = source + distance`.
        case add(to: NativeRegisters.Name, from: NativeRegisters.Name, Int64)
        /// `destination -= ` something that is not known.
        case lower(NativeRegisters.Name)
        /// `destination` rounded down to a multiple of a power of two.
        case align(NativeRegisters.Name, to: Int64)
        case compare(NativeRegisters.Name, NativeRegisters.Name)
        /// `nil` when the instruction doesn't say where.
        case call(target: Address?)
        case jump(target: Address?)
        case conditionalJump(target: Address, ifNotEqual: Bool)
        case systemCall
        case padding
        /// Nothing after it is executed: a return, or a trap.
        case end
        case other
    }

    let operation: Operation
    /// In bytes.
    let length: Int
    /// Bit n: some part of the register of DWARF number n is written.
    let written: UInt16

    func writes(_ register: NativeRegisters.Name) -> Bool {
        register != .programCounter && written & (1 << UInt16(register.rawValue)) != 0
    }
}
