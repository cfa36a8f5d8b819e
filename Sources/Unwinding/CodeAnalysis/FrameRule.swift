internal import ProfileModel

/// How to leave a frame, as the code of its function determines it.
struct FrameRule: Hashable, Sendable {
    /// Where the return address is.
    let returnSlot: FrameTerm
    /// The caller's stack pointer; `nil` where it is not known, but somewhere above the return address.
    let stackPointer: FrameTerm?
    /// What the caller's registers hold that a call preserves; without those that are not known.
    let registers: [NativeRegisters.Name: FrameTerm]

    /// The same with only those of the caller's registers on which both agree.
    func merged(with other: FrameRule) -> FrameRule {
        FrameRule(
            returnSlot: returnSlot, stackPointer: stackPointer == other.stackPointer ? stackPointer : nil,
            registers: registers.filter { other.registers[$0.key] == $0.value })
    }
}

extension FrameRule {
    /// The same where the stack pointer is what a term says.
    func replacingStackPointer(by other: FrameTerm) -> FrameRule {
        FrameRule(
            returnSlot: returnSlot.replacingStackPointer(by: other),
            stackPointer: stackPointer?.replacingStackPointer(by: other),
            registers: registers.mapValues { $0.replacingStackPointer(by: other) })
    }
}

/// How code is left that runs on the frame of another function, which has jumped to it: by jumps, with the stack pointer
/// where it was.
struct JumpExits: Hashable, Sendable {
    /// The stack pointer at all jumps.
    let stackPointer: FrameTerm
    /// Where the return address is on the ways that end the other function's frame, too.
    let returnSlots: [FrameTerm]
}

/// A number computed from the registers and the stack of a frame.
indirect enum FrameTerm: Hashable, Sendable {
    /// `register + distance`.
    case register(NativeRegisters.Name, Int64)
    /// `memory[place] + distance`.
    case memory(FrameTerm, Int64)

    /// Why a term has no value.
    enum Failure: Error {
        case unknownRegister(NativeRegisters.Name)
        case unreadable(Address)
    }

    /// - Parameter word: the word of the stack at an address, where it was copied.
    func value(_ registers: NativeRegisters, word: (Address) -> UInt64?) throws(Failure) -> UInt64 {
        switch self {
        case .register(let name, let distance):
            guard let value = registers[name] else { throw .unknownRegister(name) }
            return value &+ UInt64(bitPattern: distance)
        case .memory(let place, let distance):
            let address = Address(rawValue: try place.value(registers, word: word))
            guard let value = word(address) else { throw .unreadable(address) }
            return value &+ UInt64(bitPattern: distance)
        }
    }

    /// The same where the stack pointer is what another term says.
    func replacingStackPointer(by other: FrameTerm) -> FrameTerm {
        switch self {
        case .register(.stackPointer, let distance): other.advanced(by: distance)
        case .register: self
        case .memory(let place, let distance): .memory(place.replacingStackPointer(by: other), distance)
        }
    }

    /// Whether it is found by the stack pointer.
    var isOfStack: Bool {
        switch self {
        case .register(let name, _): name == .stackPointer
        case .memory(let place, _): place.isOfStack
        }
    }

    func advanced(by distance: Int64) -> FrameTerm {
        switch self {
        case .register(let name, let offset): .register(name, offset &+ distance)
        case .memory(let place, let offset): .memory(place, offset &+ distance)
        }
    }
}
