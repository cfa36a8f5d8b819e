import FoundationEssentials
import ProfileFormats

/// What `sonde diff` writes.
enum DiffFormat: String, Codable, CaseIterable {
    case text
    case json
    case svg
    case folded
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
struct DiffResult: Codable {
    var content: Data
    var table: String
    var warnings: [String]
    /// What grew beyond what may grow.
    var growth: String?

    init(content: Data, table: String, warnings: [String], growth: String?) {
        self.content = content
        self.table = table
        self.warnings = warnings
        self.growth = growth
    }

    init(_ bytes: [UInt8]) throws(CommandFailure) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch {
            throw CommandFailure("the result of the comparison can't be read: \(error)")
        }
    }
}
