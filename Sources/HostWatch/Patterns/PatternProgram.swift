/// A regular expression as instructions of Thompson's machine (Thompson 1968; Pike's version keeps captures).
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        case set(Int)
        /// Tries the first before the second.
        case split(Int, Int)
        case jump(Int)
        case save(Int)
        case assertion(PatternAssertion)
        case match
    }

    private static let largestCount = 10_000

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [ScalarSet] = []

    init(_ node: PatternNode) throws(PatternError) {
        try emit(node)
        try add(.match)
    }

    private mutating func add(_ instruction: Instruction) throws(PatternError) {
        guard instructions.count < Self.largestCount else { throw PatternError(problem: .tooLarge, offset: 0) }
        instructions.append(instruction)
    }

    private mutating func emit(_ node: PatternNode) throws(PatternError) {
        switch node {
        case .empty: break
        case .set(let set): try emit(set)
        case .sequence(let parts): for part in parts { try emit(part) }
        case .choice(let branches): try emit(choice: branches)
        case .repetition(let node, let count): try emit(node, repeated: count)
        case .capture(let node, let index):
            try add(.save(2 * index))
            try emit(node)
            try add(.save(2 * index + 1))
        case .assertion(let assertion): try add(.assertion(assertion))
        }
    }

    private mutating func emit(_ set: ScalarSet) throws(PatternError) {
        if sets.last != set { sets.append(set) }
        try add(.set(sets.count - 1))
    }

    private mutating func emit(choice branches: [PatternNode]) throws(PatternError) {
        var jumps: [Int] = []
        for (index, branch) in branches.enumerated() {
            guard index < branches.count - 1 else {
                try emit(branch)
                break
            }
            let split = instructions.count
            try add(.split(split + 1, 0))
            try emit(branch)
            jumps.append(instructions.count)
            try add(.jump(0))
            instructions[split] = .split(split + 1, instructions.count)
        }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
    }

    private mutating func emit(_ node: PatternNode, repeated count: RepetitionCount) throws(PatternError) {
        for _ in 0..<count.minimum { try emit(node) }
        guard let maximum = count.maximum else { return try emit(loop: node, count.isGreedy) }
        var splits: [Int] = []
        for _ in count.minimum..<maximum {
            splits.append(instructions.count)
            try add(.split(0, 0))
            try emit(node)
        }
        for split in splits {
            instructions[split] = Self.split(split + 1, instructions.count, count.isGreedy)
        }
    }

    private mutating func emit(loop node: PatternNode, _ isGreedy: Bool) throws(PatternError) {
        let split = instructions.count
        try add(.split(0, 0))
        try emit(node)
        try add(.jump(split))
        instructions[split] = Self.split(split + 1, instructions.count, isGreedy)
    }

    private static func split(_ more: Int, _ less: Int, _ isGreedy: Bool) -> Instruction {
        isGreedy ? .split(more, less) : .split(less, more)
    }
}
