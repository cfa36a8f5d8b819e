internal import ProfileModel

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
    init?(of range: Range<Address>, in memory: UnwindMemory) {
        let size = range.upperBound.rawValue - range.lowerBound.rawValue
        guard size > 0, size <= Self.largest, memory.mayDecode(Int(size)) else { return nil }
        let code = memory.code(at: range.lowerBound, count: Int(size))
        guard code.count == Int(size) else { return nil }
        var instructions: [MachineInstruction] = []
        var offsets: [Int] = []
        var offset = 0
        while offset < code.count {
            guard let next = MachineInstruction(in: code, at: offset, base: range.lowerBound) else { return nil }
            instructions.append(next)
            offsets.append(offset)
            offset += next.length
        }
        self.range = range
        self.instructions = instructions
        self.offsets = offsets
    }

    func address(of index: Int) -> Address { range.lowerBound.advanced(by: UInt64(offsets[index])) }

    /// The address behind an instruction.
    func end(of index: Int) -> Address { address(of: index).advanced(by: UInt64(instructions[index].length)) }

    /// Which instruction begins at an address; `nil` when none does.
    func index(of address: Address) -> Int? {
        guard range.contains(address) else { return nil }
        let wanted = Int(address.rawValue - range.lowerBound.rawValue)
        var low = 0
        var high = offsets.count
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low < offsets.count && offsets[low] == wanted ? low : nil
    }
}
