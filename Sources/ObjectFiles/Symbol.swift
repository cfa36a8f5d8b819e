package import ProfileModel

/// A function as a symbol table names it.
package struct Symbol: Hashable, Sendable {
    /// As in the file, mangled, without a version; invalid UTF-8 is repaired, and a very long name is cut.
    package let name: String
    package let address: FileAddress
    /// From `address` to the function's end; where the table gives no size, to the next symbol or the section's end.
    package let size: UInt64

    package init(name: String, address: FileAddress, size: UInt64) {
        self.name = name
        self.address = address
        self.size = size
    }
}
