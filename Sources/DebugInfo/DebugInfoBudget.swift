package import ObjectFiles

extension ParsingBudget.Limits {
    /// What reading the debug information of a recording's object files may cost, beside their symbols: the indices of
    /// some thousand compile units, a decompressed `.debug_info` of a hundred megabytes, and some seconds of CPU time.
    package static let debugInfo = ParsingBudget.Limits(memory: 192 << 20, bytes: 4 << 30, entries: 96 << 20)
}
