import Foundation

/// What `sonde record -f folded` wrote, and what it said.
package struct FoldedRecording: Sendable {
    /// One line.
    package struct Stack: Sendable {
        /// The process, the thread where threads are kept apart, and the functions, root first.
        package let frames: [String]
        package let count: Int

        package var isTruncated: Bool { frames.contains { $0.hasPrefix("[truncated: ") } }

        /// Whether these are frames of it, in this order, with any number of others between them.
        package func passes(_ functions: [String]) -> Bool {
            var rest = frames[...]
            for function in functions {
                guard let index = rest.firstIndex(of: function) else { return false }
                rest = rest[(index + 1)...]
            }
            return true
        }

        /// Whether it goes from the first of these functions to the last, or was sampled on the way: where a function calls
        /// the next again and again, a few samples are of the calls.
        package func leads(through functions: [String]) -> Bool {
            let rest = frames.drop { $0 != functions.first }
            return !rest.isEmpty && functions.starts(with: rest)
        }
    }

    package let stacks: [Stack]
    /// Standard error.
    package let summary: String

    /// - Throws: when a line is malformed, or there is none: what is expected of each stack must be expected of some.
    package init(parsing text: String, summary: String) throws {
        self.summary = summary
        guard !text.isEmpty else { throw Empty(summary: summary) }
        stacks = try text.split(separator: "\n").map { line in
            guard let space = line.lastIndex(of: " "), let count = Int(line[line.index(after: space)...]) else {
                throw MalformedLine(line: String(line))
            }
            return Stack(frames: line[..<space].split(separator: ";").map(String.init), count: count)
        }
    }

    package struct MalformedLine: Error {
        package let line: String
    }

    package struct Empty: Error {
        package let summary: String
    }

    package var samples: Int { stacks.reduce(0) { $0 + $1.count } }

    /// The samples of those stacks.
    package func samples(where isMeant: (Stack) -> Bool) -> Int {
        stacks.reduce(0) { $0 + (isMeant($1) ? $1.count : 0) }
    }

    package var truncatedSamples: Int { samples(where: \.isTruncated) }

    /// The number that begins a row of the summary.
    package func summaryNumber(_ row: String) -> Int? {
        guard let line = summary.split(separator: "\n").first(where: { $0.hasPrefix("  \(row) ") }) else { return nil }
        let text = line.dropFirst(2 + row.count).drop { $0 == " " }
        return Int(text.prefix { $0.isNumber || $0 == "," }.filter(\.isNumber))
    }
}

/// Runs `sonde record` with folded stacks on standard output; it has to succeed.
package func record(_ arguments: String..., within limit: Double = 60) throws -> FoldedRecording {
    try record(arguments, within: limit)
}

/// Runs `sonde record` with folded stacks on standard output; it has to succeed.
package func record(_ arguments: [String], within limit: Double = 60) throws -> FoldedRecording {
    let result = try sonde(["record", "-v", "-f", "folded", "-o", "-"] + arguments, within: limit)
    guard result.status == .exited(0) else {
        throw TestSupportError.failed(
            command: "sonde record \(arguments.joined(separator: " "))", status: result.status, output: result.errors)
    }
    return try FoldedRecording(parsing: result.output, summary: result.errors)
}
