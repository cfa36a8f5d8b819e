internal import CLibunwind
internal import ProfileModel

/// The rules of the instructions that were seen last: a fixed number of places, each for the addresses of one hash.
@safe final class RuleCache {
    private static let placeBits: UInt64 = 13
    private static let placeCount = 1 << Int(placeBits)

    /// Zero in a place without rules.
    private var instructions = [UInt64](repeating: 0, count: placeCount)
    private let places: UnsafeMutablePointer<clibunwind_rules>

    init() {
        // Memory that no rules were put into is never touched.
        unsafe places = .allocate(capacity: Self.placeCount)
    }

    deinit { unsafe places.deallocate() }

    func removeAll() {
        for index in instructions.indices { instructions[index] = 0 }
    }

    /// The rules of an instruction, if they are kept.
    @unsafe func rules(of instruction: Address) -> UnsafeMutablePointer<clibunwind_rules>? {
        let index = Self.index(of: instruction)
        guard instruction.rawValue != 0 else { return nil }
        return unsafe instructions[index] == instruction.rawValue ? places + index : nil
    }

    /// Where the rules of an instruction are to be put; what is there is forgotten.
    @unsafe func place(for instruction: Address) -> UnsafeMutablePointer<clibunwind_rules> {
        let index = Self.index(of: instruction)
        instructions[index] = 0
        return unsafe places + index
    }

    /// To be called when the rules have been put in their place.
    func keep(_ instruction: Address) { instructions[Self.index(of: instruction)] = instruction.rawValue }

    /// Fibonacci hashing (Knuth, The Art of Computer Programming, section 6.4).
    private static func index(of instruction: Address) -> Int {
        Int((instruction.rawValue &* 0x9e37_79b9_7f4a_7c15) >> (64 - placeBits))
    }
}
