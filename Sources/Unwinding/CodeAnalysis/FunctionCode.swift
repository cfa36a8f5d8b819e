internal import ProfileModel
internal import SystemSupport

/// The instructions of one function, in the order of their addresses.
struct FunctionCode {
    /// The largest functions of real programs (interpreters, parsers) have some 100 KiB.
    private static let largest: UInt64 = 256 * 1024

    let range: Range<Address>
    let instructions: [MachineInstruction]
    /// Where each instruction begins, from the start of the function; ascending.
    private let offsets: [Int]

    /// `nil` when some byte can't be read or is part of no instruction, when the function is larger than any known, or
    /// when too much has been decoded for the present stack.
    init?(of range: Range<Address>, in code: any CodeSource, budget: WorkBudget) {
        let size = range.upperBound.rawValue - range.lowerBound.rawValue
        guard size > 0, size <= Self.largest, budget.allows(.decodingBytes, Int(size)) else { return nil }
        let bytes = code.bytes(at: range.lowerBound, count: Int(size))
        guard bytes.count == Int(size) else { return nil }
        var instructions: [MachineInstruction] = []
        var offsets: [Int] = []
        var offset = 0
        while offset < bytes.count {
            guard let next = MachineInstruction(in: bytes, at: offset, base: range.lowerBound) else { return nil }
            instructions.append(next)
            offsets.append(offset)
            offset += next.length
        }
        self.range = range
        self.instructions = instructions
        self.offsets = offsets
    }

    /// Whether it goes on in what follows it, as assembly with several entries does.
    var fallsThrough: Bool {
        switch instructions.last(where: { $0.operation != .padding })?.operation {
        case .call, .jump, .leaveFunction, .trap, .breakpoint, nil: false
        default: true
        }
    }

    func address(of index: Int) -> Address { range.lowerBound.advanced(by: UInt64(offsets[index])) }

    /// The address behind an instruction.
    func end(of index: Int) -> Address { address(of: index).advanced(by: UInt64(instructions[index].length)) }

    /// Which instruction ends at an address; `nil` when none does.
    func index(endingAt address: Address) -> Int? {
        let next = address == range.upperBound ? instructions.count : index(of: address)
        return next.flatMap { $0 > 0 ? $0 - 1 : nil }
    }

    /// Which instruction begins at an address; `nil` when none does.
    func index(of address: Address) -> Int? {
        guard range.contains(address) else { return nil }
        let wanted = Int(address.rawValue - range.lowerBound.rawValue)
        let index = offsets.partitionPoint { $0 < wanted }
        return index < offsets.count && offsets[index] == wanted ? index : nil
    }
}
