/// A parsed regular expression.
indirect enum PatternNode {
    case empty
    case set(ScalarSet)
    case sequence([PatternNode])
    /// The first that leads to a match is taken.
    case choice([PatternNode])
    case repetition(PatternNode, count: RepetitionCount)
    case capture(PatternNode, index: Int)
    case assertion(PatternAssertion)
}

struct RepetitionCount {
    let minimum: Int
    /// `nil`: without end.
    let maximum: Int?
    /// Whether more is tried before less.
    var isGreedy = true
}

enum PatternAssertion {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary

    func holds(at index: Int, in text: [UInt32]) -> Bool {
        switch self {
        case .textStart: index == 0
        case .textEnd: index == text.count
        case .lineStart: index == 0 || text[index - 1] == 0x0A
        case .lineEnd: index == text.count || text[index] == 0x0A
        case .wordBoundary: Self.isBoundary(index, text)
        case .noWordBoundary: !Self.isBoundary(index, text)
        }
    }

    private static func isBoundary(_ index: Int, _ text: [UInt32]) -> Bool {
        let before = index > 0 && ScalarSet.wordCharacters.contains(text[index - 1])
        let after = index < text.count && ScalarSet.wordCharacters.contains(text[index])
        return before != after
    }
}
