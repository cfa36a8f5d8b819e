internal import ProfileModel

/// A jump by which one function ends and another begins in its place (Intel SDM volume 2, JMP: `E9`).
enum TailCall {
    private static let longestSearch = 4096

    /// Whether the function at `origin` has a jump to `target`.
    static func exists(from origin: Address, to target: Address, in memory: UnwindMemory) -> Bool {
        let code = memory.code(at: origin, count: longestSearch)
        return code.indices.dropLast(4).contains { index in
            guard code[index] == 0xe9 else { return false }
            let displacement = code[index + 1...index + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let distance = UInt64(bitPattern: Int64(Int32(bitPattern: displacement)))
            let end = Address(rawValue: origin.rawValue &+ UInt64(index) &+ 5)
            guard end.advanced(by: distance) == target else { return false }
            return memory.functionStart(covering: Address(rawValue: end.rawValue &- 1)) == origin
        }
    }
}
