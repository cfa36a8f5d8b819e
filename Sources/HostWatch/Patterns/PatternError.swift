/// Why a regular expression can't be used.
package struct PatternError: Error, Equatable, Sendable {
    package enum Problem: Equatable, Sendable {
        case missingParenthesis
        case unexpectedParenthesis
        case missingBracket
        case badRange
        case unknownClass
        case nothingToRepeat
        case repetitionTooLarge
        case unknownEscape
        case unknownGroup
        case badCaptureName
        case duplicateCaptureName
        case tooDeep
        case tooLarge
    }

    package let problem: Problem
    /// Where in the expression, in characters from its start.
    package let offset: Int
}

extension PatternError: CustomStringConvertible {
    package var description: String { "at character \(offset + 1): \(problem.text)" }
}

extension PatternError.Problem {
    fileprivate var text: String {
        switch self {
        case .missingParenthesis: "a group is not closed; add )"
        case .unexpectedParenthesis: ") without a group; write \\) for the character"
        case .missingBracket: "a character class is not closed; add ]"
        case .badRange: "a range ends before it begins"
        case .unknownClass: "no such character class"
        case .nothingToRepeat: "nothing to repeat; write a backslash before *, + or ? for the character"
        case .repetitionTooLarge: "more than \(PatternParser.largestRepetition) repetitions"
        case .unknownEscape: "no such escape; back-references and \\p classes are not offered"
        case .unknownGroup: "no such kind of group; (?:…), (?P<name>…), (?<name>…) and (?i), (?s), (?m) are offered"
        case .badCaptureName: "a capture's name is made of letters, digits and _"
        case .duplicateCaptureName: "two captures have the same name"
        case .tooDeep: "groups are nested too deeply"
        case .tooLarge: "the expression is too large; use smaller repetitions"
        }
    }
}
