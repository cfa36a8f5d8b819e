/// A virtual address in a process.
package struct Address: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package var description: String { hexadecimal(rawValue) }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// `self + distance`, wrapping at the end of the address space, as the processor does.
    package func advanced(by distance: UInt64) -> Address { Address(rawValue: rawValue &+ distance) }

    /// `self - distance`, wrapping likewise.
    package func lowered(by distance: UInt64) -> Address { Address(rawValue: rawValue &- distance) }
}

/// A virtual address as an object file's own headers and symbols give it, before the loader adds its bias.
package struct FileAddress: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package var description: String { hexadecimal(rawValue) }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The part of an object file that is mapped to be executed, by the addresses that the file's symbols use.
package struct CodeSegment: Hashable, Sendable {
    package let start: FileAddress
    /// The first address after it.
    package let limit: FileAddress
    /// Where in the file it begins.
    package let fileOffset: UInt64

    package init(start: FileAddress, limit: FileAddress, fileOffset: UInt64) {
        self.start = start
        self.limit = limit
        self.fileOffset = fileOffset
    }
}

/// `0x` and the lower-case hexadecimal digits of a number.
package func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
