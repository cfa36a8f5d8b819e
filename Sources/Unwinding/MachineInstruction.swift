internal import CZydis
internal import ProfileModel

/// One machine instruction, as far as it matters to where a frame keeps things.
struct MachineInstruction {
    enum Operation: Equatable {
        /// Moves the stack pointer down by so many bytes.
        case push(Int64)
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
        case leave
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
    private let written: UInt16

    /// The longest instruction has so many bytes (Intel SDM volume 2, section 2.3.11).
    static let longest = 15

    /// The instruction that begins at `offset` of `code`, which is mapped at `base`; `nil` when there is none.
    init?(in code: [UInt8], at offset: Int, base: Address) {
        guard code.indices.contains(offset) else { return nil }
        var decoded = czydis_instruction()
        // Safe: `offset` lies inside of the code, and the count is what is left from there.
        let isDecoded = unsafe code.withUnsafeBufferPointer { bytes in
            unsafe czydis_decode(bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset, &decoded)
        }
        guard isDecoded != 0 else { return nil }
        length = Int(decoded.length)
        written = decoded.written
        operation = Operation(decoded, end: base.advanced(by: UInt64(offset + Int(decoded.length))))
    }

    func writes(_ register: NativeRegisters.Name) -> Bool {
        register != .rip && written & (1 << UInt16(register.rawValue)) != 0
    }
}

extension MachineInstruction.Operation {
    fileprivate init(_ decoded: czydis_instruction, end: Address) {
        let value = decoded.has_value != 0 ? decoded.value : nil
        let target = value.map { end.advanced(by: UInt64(bitPattern: $0)) }
        self =
            switch czydis_kind(UInt32(decoded.kind)) {
            case CZYDIS_PUSH: .push(Int64(decoded.width))
            case CZYDIS_POP:
                decoded.destination == NativeRegisters.Name.rsp.rawValue ? .other : .pop(Int64(decoded.width))
            case CZYDIS_LEAVE: .leave
            case CZYDIS_CALL: .call(target: target)
            case CZYDIS_JUMP: .jump(target: target)
            case CZYDIS_CONDITIONAL_JUMP:
                target.map { .conditionalJump(target: $0, ifNotEqual: decoded.is_not_equal != 0) } ?? .other
            case CZYDIS_SYSTEM_CALL: .systemCall
            case CZYDIS_PADDING: .padding
            case CZYDIS_RETURN, CZYDIS_TRAP: .end
            default: Self.arithmetic(decoded, value: value)
            }
    }

    private static func arithmetic(_ decoded: czydis_instruction, value: Int64?) -> Self {
        func register(_ number: Int8) -> NativeRegisters.Name? {
            number < 0 ? nil : NativeRegisters.Name(rawValue: Int(number))
        }
        guard let destination = register(decoded.destination) else { return .other }
        let source = register(decoded.source)
        return switch (czydis_kind(UInt32(decoded.kind)), source, value) {
        case (CZYDIS_MOVE, let source?, _): .copy(to: destination, from: source)
        case (CZYDIS_COMPARE, let source?, _): .compare(destination, source)
        case (CZYDIS_ADD, nil, let value?): .add(to: destination, from: destination, value)
        case (CZYDIS_SUBTRACT, nil, let value?): .add(to: destination, from: destination, 0 &- value)
        case (CZYDIS_SUBTRACT, _, nil): .lower(destination)
        case (CZYDIS_AND, nil, let value?) where value < 0 && value & (0 &- value) == 0 &- value:
            .align(destination, to: 0 &- value)
        case (CZYDIS_LOAD_ADDRESS, _, let value?):
            register(decoded.base).map { .add(to: destination, from: $0, value) } ?? .other
        default: .other
        }
    }
}
