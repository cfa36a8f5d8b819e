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
    var keepsPythonOnly: Bool
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
