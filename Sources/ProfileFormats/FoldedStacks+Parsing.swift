import Profiles

/// Why a text is not folded stacks.
package struct FoldedStacksError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Error, Hashable, Sendable {
        case lineTooLong(limit: Int)
        case notUTF8
        /// No space and unsigned decimal number at the end.
        case noCount
        /// A count, or the sum of all, above `UInt64.max`.
        case countTooLarge
        /// Two counts: a differential line.
        case twoCounts
        /// Nothing before, after or between the `;`.
        case emptyFrame
    }

    /// The number of the line, from 1.
    package let line: Int
    package let problem: Problem

    package var description: String { "line \(line) of the folded stacks: \(reason)" }

    private var reason: String {
        switch problem {
        case .lineTooLong(let limit): "longer than \(limit) bytes"
        case .notUTF8: "not UTF-8; write the names as UTF-8"
        case .noCount: "no count at its end; a line is `frame;frame;frame count`"
        case .countTooLarge: "its count, or the sum of all counts, does not fit in 64 bits"
        case .twoCounts: "two counts; differential stacks are not read here"
        case .emptyFrame: "a frame without a name"
        }
    }
}

extension FoldedStacks {
    /// The longest line that is read.
    package static let maximumLineLength = 4 * 1_024 * 1_024

    /// Reads folded stacks; empty lines are skipped, and lines of one stack are added up.
    package init(parsing text: [UInt8]) throws(FoldedStacksError) {
        var counts: [Spelling: UInt64] = [:]
        var total: UInt64 = 0
        var start = text.startIndex
        var number = 1
        while start < text.endIndex {
            let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
            if start < end {
                let line: Line
                do { line = try Line(parsing: text[start..<end]) } catch {
                    throw FoldedStacksError(line: number, problem: error)
                }
                let (sum, overflow) = total.addingReportingOverflow(line.count)
                guard !overflow else { throw FoldedStacksError(line: number, problem: .countTooLarge) }
                total = sum
                counts[Spelling(line.stack), default: 0] += line.count
            }
            start = end + 1
            number += 1
        }
        self.init(counts: counts)
    }
}

extension FoldedStacks.Line {
    fileprivate init(parsing line: ArraySlice<UInt8>) throws(FoldedStacksError.Problem) {
        let limit = FoldedStacks.maximumLineLength
        guard line.count <= limit else { throw .lineTooLong(limit: limit) }
        guard let (stack, digits) = Self.splitLastWord(of: line), Self.isNumber(digits) else { throw .noCount }
        if let (_, word) = Self.splitLastWord(of: stack), Self.isNumber(word) { throw .twoCounts }
        let frames = stack.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard frames.allSatisfy({ !$0.isEmpty }) else { throw .emptyFrame }
        guard let stack = String(validating: stack, as: UTF8.self) else { throw .notUTF8 }
        guard let count = UInt64(String(decoding: digits, as: UTF8.self)) else { throw .countTooLarge }
        self.init(stack: stack, count: count)
    }

    private static func splitLastWord(of line: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        line.lastIndex(of: UInt8(ascii: " ")).map { space in (line[..<space], line[(space + 1)...]) }
    }

    private static func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
        !word.isEmpty && word.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
