internal import ProfileModel

/// A call instruction that ends where a return address points (Intel SDM volume 2, CALL: `E8` and `FF /2`).
struct CallSite {
    /// Where the call goes, when the instruction itself says so.
    let target: Address?

    /// `nil` when the bytes before `returnAddress` are no call.
    init?(endingAt returnAddress: Address, in memory: UnwindMemory) {
        let longest = 7
        guard returnAddress.rawValue >= UInt64(longest) else { return nil }
        let code = memory.code(at: Address(rawValue: returnAddress.rawValue - UInt64(longest)), count: longest)
        guard code.count == longest else { return nil }
        if code[2] == 0xe8 {
            let displacement = code[3...6].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let extended = UInt64(bitPattern: Int64(Int32(bitPattern: displacement)))
            target = Address(rawValue: returnAddress.rawValue &+ extended)
        } else if Self.endsInIndirectCall(code) {
            target = nil
        } else {
            return nil
        }
    }

    /// Whether `FF /2` with its operand fills exactly the last 2 to 7 bytes.
    private static func endsInIndirectCall(_ code: [UInt8]) -> Bool {
        (2...7).contains { length in
            let start = code.count - length
            guard code[start] == 0xff else { return false }
            let operand = code[start + 1]
            guard operand >> 3 & 7 == 2 else { return false }
            return length == 2 + operandSize(operand, next: length > 2 ? code[start + 2] : 0)
        }
    }

    /// The bytes of SIB and displacement that follow a ModRM byte.
    private static func operandSize(_ operand: UInt8, next: UInt8) -> Int {
        let mode = operand >> 6
        let base = operand & 7
        guard mode != 3 else { return 0 }
        let hasSIB = base == 4
        let displacement =
            switch mode {
            case 1: 1
            case 2: 4
            default: base == 5 || (hasSIB && next & 7 == 5) ? 4 : 0
            }
        return (hasSIB ? 1 : 0) + displacement
    }
}
