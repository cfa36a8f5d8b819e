/// What came of the comparison of two profiles, as the confined process that compares them sends it.
package struct DiffResult: Hashable, Sendable {
    /// What is written.
    package var content: [UInt8]
    /// The table, where the content is a picture.
    package var table: String
    package var warnings: [String]
    /// What grew beyond what may grow.
    package var growth: String?

    /// Bytes of a part: what is received is limited before it is read.
    private static let limit = 1 << 30
    private static let warningLimit = 32
    /// The least bytes of a text.
    private static let textSize = 4

    package init(content: [UInt8], table: String, warnings: [String], growth: String?) {
        self.content = content
        self.table = table
        self.warnings = Array(warnings.prefix(Self.warningLimit))
        self.growth = growth
    }

    package init(parsing bytes: [UInt8]) throws(MessageError) {
        var reader = MessageReader(bytes)
        content = try reader.content("content", limit: Self.limit)
        table = try reader.text("table", limit: Self.limit)
        warnings = try reader.list("warnings", limit: Self.warningLimit, size: Self.textSize) {
            (reader) throws(MessageError) in try reader.text("warning", limit: Self.limit)
        }
        growth = try reader.optionalText("growth", limit: Self.limit)
        try reader.end()
    }

    package var bytes: [UInt8] {
        var writer = MessageWriter()
        writer.put(content)
        writer.put(table)
        writer.list(warnings) { $0.put($1) }
        writer.put(growth)
        return writer.bytes
    }
}
