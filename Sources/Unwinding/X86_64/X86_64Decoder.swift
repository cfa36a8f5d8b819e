internal import CZydis
internal import ProfileModel

extension MachineInstruction {
    /// The longest instruction has so many bytes (Intel SDM volume 2, section 2.3.11).
    static let longest = 15
    /// The longest call without redundant prefixes: `FF /2` with ModRM, SIB and a displacement of four bytes.
    static let longestCall = 7

    /// The instruction that begins at `offset` of `code`, which is mapped at `base`; `nil` when there is none.
    init?(in code: [UInt8], at offset: Int, base: Address) {
        guard let decoded = czydis_instruction(in: code, at: offset) else { return nil }
        self.init(decoded, at: base.advanced(by: UInt64(offset)))
    }

    init(_ decoded: czydis_instruction, at address: Address) {
        let end = address.advanced(by: UInt64(decoded.length))
        self.init(
            operation: Operation(decoded, end: end), length: Int(decoded.length), written: decoded.written,
            read: decoded.read, jumpsThroughVariable: decoded.is_through_variable != 0,
            targetRegister: czydis_kind(UInt32(decoded.kind)) == CZYDIS_JUMP
                ? Operation.register(decoded.destination) : nil,
            constant: Self.constant(in: decoded, end: end))
    }

    private static func constant(in decoded: czydis_instruction, end: Address) -> Address? {
        guard decoded.has_value != 0 else { return nil }
        let value = UInt64(bitPattern: decoded.value)
        return switch czydis_kind(UInt32(decoded.kind)) {
        case CZYDIS_MOVE: Address(rawValue: value)
        case CZYDIS_LOAD_ADDRESS where decoded.is_relative != 0: end.advanced(by: value)
        default: nil
        }
    }

    /// Whether a call can begin with a byte (`E8` and `FF /2`); a prefix changes nothing of what is called.
    static func mayBeginCall(_ byte: UInt8) -> Bool { byte == 0xe8 || byte == 0xff }
}

extension czydis_instruction {
    /// The instruction that begins at `offset` of `code`; `nil` when there is none.
    init?(in code: [UInt8], at offset: Int) {
        guard code.indices.contains(offset) else { return nil }
        self.init()
        // Safe: `offset` lies inside of the code, and the count is what is left from there.
        let isDecoded = unsafe code.withUnsafeBufferPointer { bytes in
            unsafe czydis_decode(bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset, &self)
        }
        guard isDecoded != 0 else { return nil }
    }
}

extension MachineInstruction.Operation {
    fileprivate init(_ decoded: czydis_instruction, end: Address) {
        let value = decoded.has_value != 0 ? decoded.value : nil
        let target = value.map { end.advanced(by: UInt64(bitPattern: $0)) }
        self =
            switch czydis_kind(UInt32(decoded.kind)) {
            case CZYDIS_PUSH: .push(Self.register(decoded.source), Int64(decoded.width))
            case CZYDIS_POP: .pop(Self.register(decoded.destination), Int64(decoded.width))
            case CZYDIS_LEAVE: .leave
            // What is called is what follows: the address is pushed.
            case CZYDIS_CALL where value == 0: .push(nil, 8)
            case CZYDIS_CALL: .call(target: target)
            case CZYDIS_JUMP: .jump(target: target)
            case CZYDIS_CONDITIONAL_JUMP:
                target.map { .conditionalJump(target: $0, ifNotEqual: decoded.is_not_equal != 0) } ?? .other
            case CZYDIS_SYSTEM_CALL: .systemCall
            case CZYDIS_PADDING: .padding
            case CZYDIS_BREAKPOINT: .breakpoint
            case CZYDIS_RETURN: .leaveFunction(popping: UInt64(UInt16(truncatingIfNeeded: value ?? 0)))
            case CZYDIS_TRAP: .trap
            case CZYDIS_STORE: Self.store(decoded, value: value)
            default: Self.arithmetic(decoded, value: value)
            }
    }

    private static func store(_ decoded: czydis_instruction, value: Int64?) -> Self {
        guard let base = register(decoded.base), let value else { return .other }
        return .store(at: base, value, register(decoded.source), size: Int64(decoded.width))
    }

    private static func arithmetic(_ decoded: czydis_instruction, value: Int64?) -> Self {
        guard let destination = register(decoded.destination) else { return .other }
        let source = register(decoded.source)
        return switch (czydis_kind(UInt32(decoded.kind)), source, value) {
        case (CZYDIS_MOVE, let source?, _): .copy(to: destination, from: source)
        case (CZYDIS_LOAD, _, let value?):
            register(decoded.base).map { .load(to: destination, from: $0, value) } ?? .other
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

    fileprivate static func register(_ number: Int8) -> NativeRegisters.Name? {
        number < 0 ? nil : NativeRegisters.Name(rawValue: Int(number))
    }
}
