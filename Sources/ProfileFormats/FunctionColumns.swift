import Profiles
import SystemSupport

/// The columns of tables of functions in plain text: shares of the whole, then names.
enum FunctionColumns {
    static let gap = "  "
    static let shareWidth = 7

    static func share(_ weight: UInt64, of whole: UInt64) -> String {
        leading(DecimalText.percent(weight, of: whole) + "%")
    }

    /// Text above or in a column of shares.
    static func leading(_ text: String) -> String {
        String(repeating: " ", count: max(0, shareWidth - text.count)) + text
    }

    static func name(_ name: String, _ kind: CallTree.RowKind) -> String {
        PrintableText.escaped(name) + kind.mark
    }
}
