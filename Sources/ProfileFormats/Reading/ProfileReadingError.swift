/// Why a file is no profile that can be read, and where in it.
package struct ProfileReadingError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Position: Hashable, Sendable {
        /// From 0, in the file as it is before compression.
        case byte(Int)
        /// From 1.
        case line(Int)
    }

    package enum Problem: Hashable, Sendable {
        case empty
        /// None of the formats.
        case unrecognized
        /// A compressed file that ends too early or is damaged.
        case damagedCompression
        /// What was expected and is missing, or is there and can't be.
        case malformed(String)
        /// More than is read, as in `512 MiB`.
        case tooLarge(limit: String)
        case noMemory
    }

    /// `nil` while it isn't known.
    package let format: ProfileFormat?
    package let position: Position?
    package let problem: Problem

    package init(_ problem: Problem, in format: ProfileFormat? = nil, at position: Position? = nil) {
        self.format = format
        self.position = position
        self.problem = problem
    }

    package var description: String {
        let place =
            switch position {
            case .byte(let offset): "byte \(offset): "
            case .line(let number): "line \(number): "
            case nil: ""
            }
        return (format.map { "\($0.title), " } ?? "") + place + reason
    }

    private var reason: String {
        switch problem {
        case .empty: "the file is empty"
        case .unrecognized:
            "the format isn't recognized; folded stacks, pprof, speedscope, perf script text and Sonde's JSON are read"
        case .damagedCompression: "the compressed file is damaged or ends too early"
        case .malformed(let text): text
        case .tooLarge(let limit): "the profile is larger than \(limit), the most that is read"
        case .noMemory: "there is no memory for the profile"
        }
    }
}

extension ProfileFormat {
    /// As a message names it.
    fileprivate var title: String {
        switch self {
        case .svg: "SVG"
        case .html: "HTML"
        case .top: "a table of functions"
        case .folded: "folded stacks"
        case .pprof: "pprof"
        case .speedscope: "speedscope"
        case .perf: "perf script text"
        case .json: "JSON"
        }
    }
}
