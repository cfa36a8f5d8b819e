/// How much work one stack may cause, whatever its process's code and call frame information ask for.
///
/// What exceeds it stays unknown, so that the stack is truncated. Stacks of real programs stay far below.
final class WorkBudget {
    enum Work: Int, CaseIterable {
        /// Words of the stack and of entries that libunwind reads: some 30,000 for 512 frames whose rules are not known.
        case readingWords
        /// Bytes of entries that are found for an address.
        case findingEntries
        /// Bytes of call frame instructions that are checked for libunwind.
        case checkingInstructions
        case decodingBytes
        /// Instructions executed by frame analysis, each time that a path leads to them.
        case followingPaths
        /// Words of the stack that are taken for a frame pointer.
        case searchingWords
        /// Steps with registers of which it is not certain that they are right.
        case tryingSteps

        fileprivate var limit: Int {
            switch self {
            case .readingWords: 1_000_000
            case .findingEntries: 16 * 1024 * 1024
            case .checkingInstructions: 1024 * 1024
            case .decodingBytes: 1024 * 1024
            case .followingPaths: 4_000_000
            case .searchingWords: 2_000_000
            case .tryingSteps: 100_000
            }
        }
    }

    private var left: [Int] = []

    init() { reset() }

    /// To be called before each stack.
    func reset() { left = Work.allCases.map(\.limit) }

    /// Takes `amount` of a kind of work, not negative, from what is left; whether there was so much.
    func allows(_ work: Work, _ amount: Int = 1) -> Bool {
        let rest = left[work.rawValue]
        guard amount <= rest else {
            left[work.rawValue] = -1
            return false
        }
        left[work.rawValue] = rest - amount
        return true
    }

    /// Whether some of that work was not done for the present stack.
    func isExhausted(_ work: Work) -> Bool { left[work.rawValue] < 0 }
}
