internal import CZydis
internal import ProfileModel

/// The system call that straight code makes, as far as the code itself determines its number (syscall(2)).
struct SystemCallCode {
    private static let longest = 16

    /// What `rax` holds.
    let number: UInt64
    /// Behind the instruction.
    let end: Address

    /// `nil` where code that branches, calls, or leaves something on the stack comes before the system call.
    ///
    /// - Parameter accumulator: what `rax` holds at `start`, if that is known.
    init?(from start: Address, accumulator: UInt64? = nil, in source: any CodeSource) {
        var values = ConstantValues()
        values[.rax] = accumulator
        var address = start
        for _ in 0..<Self.longest {
            let bytes = source.bytes(at: address, count: MachineInstruction.longest)
            guard let decoded = czydis_instruction(in: bytes, at: 0) else { return nil }
            let instruction = MachineInstruction(decoded, at: address)
            let next = address.advanced(by: UInt64(instruction.length))
            switch instruction.operation {
            case .jump(let target?): address = target
            case .systemCall:
                guard values.stack.isEmpty, let number = values[.rax] else { return nil }
                self.number = number
                end = next
                return
            case .jump, .conditionalJump, .call, .leave, .leaveFunction, .trap, .breakpoint: return nil
            default:
                guard values.execute(decoded, instruction) else { return nil }
                address = next
            }
        }
        return nil
    }
}

/// What registers and the words that were pushed hold, where the code says it.
private struct ConstantValues {
    private var registers = InlineArray<16, UInt64?>(repeating: nil)
    private(set) var stack: [UInt64?] = []

    subscript(register: NativeRegisters.Name) -> UInt64? {
        get { self[Int8(register.rawValue)] }
        set { if register.rawValue < 16 { registers[register.rawValue] = newValue } }
    }

    private subscript(number: Int8) -> UInt64? { (0..<16).contains(number) ? registers[Int(number)] : nil }

    /// `false` where the stack pointer is moved otherwise than by whole words that are pushed and popped again.
    mutating func execute(_ decoded: czydis_instruction, _ instruction: MachineInstruction) -> Bool {
        let result = result(of: decoded)
        for number in registers.indices where instruction.written >> UInt16(number) & 1 != 0 {
            registers[number] = nil
        }
        switch instruction.operation {
        case .push(let source, 8):
            // The stack pointer itself was written.
            stack.append(source.map { self[$0] } ?? immediate(of: decoded))
            return true
        case .pop(let destination, 8):
            guard let value = stack.popLast() else { return false }
            if let destination { self[destination] = value }
            return destination != .stackPointer
        default:
            if decoded.destination_part >= 0, instruction.written != 0 {
                registers[Int(decoded.destination_part)] = result
            }
            return !instruction.writes(.stackPointer)
        }
    }

    private func immediate(of decoded: czydis_instruction) -> UInt64? {
        decoded.has_value != 0 ? UInt64(bitPattern: decoded.value) : nil
    }

    /// What the first operand's register holds after an instruction, all of it.
    private func result(of decoded: czydis_instruction) -> UInt64? {
        guard decoded.destination_part >= 0, let computed = computed(by: decoded) else { return nil }
        switch decoded.width {
        case 8: return computed
        // The upper half is cleared (Intel SDM volume 1, section 3.4.1.1).
        case 4: return computed & 0xffff_ffff
        default:
            let mask: UInt64 = decoded.width == 2 ? 0xffff : 0xff
            return self[decoded.destination_part].map { $0 & ~mask | computed & mask }
        }
    }

    private func computed(by decoded: czydis_instruction) -> UInt64? {
        let kind = czydis_kind(UInt32(decoded.kind))
        let isSame = decoded.destination_part == decoded.source_part
        if isSame, kind == CZYDIS_EXCLUSIVE_OR || kind == CZYDIS_SUBTRACT { return 0 }
        if kind == CZYDIS_LOAD_ADDRESS {
            guard let base = self[decoded.base], let distance = immediate(of: decoded) else { return nil }
            return base &+ distance
        }
        guard let operand = decoded.source_part >= 0 ? self[decoded.source_part] : immediate(of: decoded) else {
            return nil
        }
        if kind == CZYDIS_MOVE { return operand }
        guard let old = self[decoded.destination_part] else { return nil }
        return switch kind {
        case CZYDIS_ADD: old &+ operand
        case CZYDIS_SUBTRACT: old &- operand
        case CZYDIS_AND: old & operand
        case CZYDIS_OR: old | operand
        case CZYDIS_EXCLUSIVE_OR: old ^ operand
        default: nil
        }
    }
}
