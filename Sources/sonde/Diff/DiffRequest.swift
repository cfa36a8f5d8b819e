import ProfileFormats

/// What `sonde diff` writes.
enum DiffFormat: String, Codable, CaseIterable {
    case text
    case json
    case svg
    case html
    case folded

    /// Whether it is a picture, and not text.
    var isPicture: Bool { self == .svg || self == .html }

    /// The format that a file's name stands for; `nil` for another name.
    init?(fileName: String) {
        switch ProfileFormat(fileName: fileName) {
        case .svg: self = .svg
        case .html: self = .html
        case .folded: self = .folded
        case .json: self = .json
        default: return nil
        }
    }
}

/// What `sonde diff` is to make of two profiles.
struct DiffRequest: Codable {
    /// Of the files, for messages.
    var names: [String]
    /// Start and end of what is compared of each, in nanoseconds since its start; `nil` for all of it.
    var ranges: [[UInt64]?]
    var isOfTotals: Bool
    var format: DiffFormat
    /// The most functions in the table; `nil` for all.
    var limit: Int?
    var showsChance: Bool
    /// Whether the shares before are the widths of the flame graph.
    var widthsOfBefore: Bool
    var orientation: FlameGraph.Orientation?
    /// Of lines of text.
    var columns: Int
    /// The growth in percentage points that fails.
    var failsOnGrowth: Double?
}

/// What came of the comparison of two profiles.
struct DiffResult {
    /// What is written.
    var content: [UInt8] = []
    /// The table, where the content is a picture.
    var table = ""
    var warnings: [String] = []
    /// What grew beyond what may grow.
    var growth: String?
}

/// As bytes: each part is a byte that says what it is, its length in eight bytes, the lowest first, and its content.
///
/// The process that compares is not trusted: reading its result is no more than copying bytes.
extension DiffResult {
    private enum Part: UInt8 {
        case content, table, warning, growth
    }

    private static let mostWarnings = 32

    var bytes: [UInt8] {
        let parts: [(Part, [UInt8])] =
            [(.content, content), (.table, Array(table.utf8))] + warnings.map { (.warning, Array($0.utf8)) }
            + (growth.map { [(.growth, Array($0.utf8))] } ?? [])
        return parts.flatMap { part, content in
            [part.rawValue] + (0..<8).map { UInt8(truncatingIfNeeded: content.count >> (8 * $0)) } + content
        }
    }

    init(_ bytes: [UInt8]) throws(CommandFailure) {
        var rest = bytes[...]
        while let kind = rest.popFirst() {
            let length = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard let part = Part(rawValue: kind), rest.count >= 8, length <= UInt64(rest.count - 8) else {
                throw CommandFailure("the result of the comparison can't be read")
            }
            let content = rest.dropFirst(8).prefix(Int(length))
            rest = rest[content.endIndex...]
            switch part {
            case .content: self.content = Array(content)
            case .table: table = String(decoding: content, as: UTF8.self)
            case .warning where warnings.count < Self.mostWarnings:
                warnings.append(String(decoding: content, as: UTF8.self))
            case .warning: break
            case .growth: growth = String(decoding: content, as: UTF8.self)
            }
        }
    }
}
