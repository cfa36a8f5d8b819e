/// A string that is equal, hashed and ordered by its UTF-8 bytes.
///
/// Swift's `String` calls canonically equivalent spellings equal; two symbols that differ in bytes are two symbols.
package struct Spelling: Hashable, Comparable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    package static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { bytes in unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
        // Ends the string, as the order of two neighbours would otherwise not matter.
        hasher.combine(0xFF as UInt8)
    }
}
