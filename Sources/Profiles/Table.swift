/// Rows in the order in which they were first added, each of them once.
package struct Table<Row: Hashable & Sendable>: Sendable {
    /// The position of a row in its own table.
    package struct Index: Hashable, Comparable, Sendable {
        package let position: Int

        package static func < (left: Self, right: Self) -> Bool { left.position < right.position }
    }

    package private(set) var rows: [Row] = []
    private var positions: [Row: Index] = [:]

    /// A table without rows.
    package init() {}

    package var count: Int { rows.count }

    /// The indices of the rows, in order.
    package var indices: some RandomAccessCollection<Index> { rows.indices.lazy.map { Index(position: $0) } }

    package subscript(index: Index) -> Row { rows[index.position] }

    /// The index of `row`, which is added if the table doesn't hold it yet.
    package mutating func index(adding row: Row) -> Index {
        if let known = positions[row] { return known }
        let index = Index(position: rows.count)
        rows.append(row)
        positions[row] = index
        return index
    }
}

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
