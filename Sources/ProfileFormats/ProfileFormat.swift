/// The formats in which profiles are written.
package enum ProfileFormat: String, Hashable, Sendable, CaseIterable {
    /// A flame graph.
    case svg
    /// One page with flame graphs, tables and a heat map over time: `HTMLPage`.
    case html
    /// One stack per line: `FoldedStacks`.
    case folded
    /// pprof's `profile.proto`, gzipped: `PprofFile`.
    case pprof
    /// The file format of speedscope.app: `SpeedscopeFile`.
    case speedscope
    /// The text of `perf script`: `PerfScript`.
    case perf
    /// Everything that a profile holds: `ProfileJSON`.
    case json
    /// The hottest functions: `TopTable`.
    case top

    /// The endings of its files' names, without the dot; the first is the one that Sonde gives.
    package var fileEndings: [String] {
        switch self {
        case .svg: ["svg"]
        case .html: ["html", "htm"]
        case .folded: ["folded", "collapsed"]
        case .pprof: ["pb.gz", "pprof", "pb"]
        case .speedscope: ["speedscope.json"]
        case .perf: ["perf", "perf.txt"]
        case .json: ["json"]
        case .top: ["top"]
        }
    }

    /// The ending that Sonde gives.
    package var fileEnding: String { fileEndings.first ?? rawValue }

    /// Whether a file is a picture, and not text or data for other programs.
    package var isPicture: Bool { self == .svg || self == .html }

    /// Whether `ProfileReader` reads it.
    package var isReadable: Bool { !isPicture && self != .top }

    /// The format of a file by the longest ending that its name has; `nil` for another one, or none.
    package init?(fileName: String) {
        let name = fileName.lowercased()
        let endings = Self.allCases.flatMap { format in format.fileEndings.map { (format: format, ending: $0) } }
        let fitting = endings.filter { name.hasSuffix("." + $0.ending) }
        guard let longest = fitting.max(by: { $0.ending.utf8.count < $1.ending.utf8.count }) else { return nil }
        self = longest.format
    }
}
