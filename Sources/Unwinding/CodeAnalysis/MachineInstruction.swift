internal import ProfileModel

/// One machine instruction, as far as it matters to where a frame keeps things.
struct MachineInstruction {
    enum Operation: Equatable {
        /// Moves the stack pointer down by so many bytes; the register is `nil` where something else is pushed.
        case push(NativeRegisters.Name?, Int64)
        /// Moves it up by so many bytes; the register is `nil` where it isn't a whole one.
        case pop(NativeRegisters.Name?, Int64)
        /// The stack pointer gets what the frame pointer holds, and the frame pointer is popped.
        case leave
        /// `destination = memory[base + distance]`, a whole word.
        case load(to: NativeRegisters.Name, from: NativeRegisters.Name, Int64)
        /// `memory[base + distance] = source`, so many bytes; the source is `nil` where it isn't a whole register.
        case store(at: NativeRegisters.Name, Int64, NativeRegisters.Name?, size: Int64)
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
        /// Padding between functions, too, or what is behind a call that never returns.
        case breakpoint
        /// Goes to the caller, and removes so many bytes of arguments.
        case leaveFunction(popping: UInt64)
        /// Nothing after it is executed.
        case trap
        case other
    }

    let operation: Operation
    /// In bytes.
    let length: Int
    /// Bit n: some part of the register of DWARF number n is written.
    let written: UInt16
    /// The same of what is read, also to compute an address.
    let read: UInt16
    /// Whether it jumps to where a variable points: to another function, as a `switch` takes its target from a table.
    let jumpsThroughVariable: Bool
    /// The register that a jump takes its target from.
    let targetRegister: NativeRegisters.Name?
    /// The constant that a register gets, which may be the address of a function.
    let constant: Address?

    func writes(_ register: NativeRegisters.Name) -> Bool {
        register != .programCounter && written & (1 << UInt16(register.rawValue)) != 0
    }

    func reads(_ register: NativeRegisters.Name) -> Bool {
        register != .programCounter && read & (1 << UInt16(register.rawValue)) != 0
    }
}
