package import ProfileModel

/// The memory of a process with a runtime: a live one, or one that was recorded.
///
/// The process can have anything there, and change it at any time: what is read has to be checked.
package protocol RuntimeMemory {
    /// The bytes at `address`, fewer than `count` where not all can be read.
    func bytes(at address: Address, count: Int) -> [UInt8]
}

/// Why a structure of a runtime could not be read.
package enum RuntimeReadError: Error, Hashable, Sendable {
    case unreadable(Address)
    /// What is there can't be what it should be.
    case implausible(Address, expected: String)
    /// It is larger, or has more parts, than is read of such a structure.
    case tooLarge(Address, expected: String)
}

extension RuntimeMemory {
    /// All `count` bytes at `address`.
    package func allBytes(at address: Address, count: Int) throws(RuntimeReadError) -> [UInt8] {
        let bytes = bytes(at: address, count: count)
        guard bytes.count == count else { throw .unreadable(address.advanced(by: UInt64(bytes.count))) }
        return bytes
    }

    /// The little-endian word at `address`.
    package func word(at address: Address) throws(RuntimeReadError) -> UInt64 {
        try allBytes(at: address, count: 8).littleEndianWord(at: 0)
    }

    /// The pointer at `address`; `nil` for a null pointer.
    package func pointer(at address: Address) throws(RuntimeReadError) -> Address? {
        let word = try word(at: address)
        return word == 0 ? nil : Address(rawValue: word)
    }
}

extension [UInt8] {
    /// The little-endian word at an offset; bytes beyond the end count as zero.
    package func littleEndianWord(at offset: Int, count width: Int = 8) -> UInt64 {
        var word: UInt64 = 0
        for index in (0..<width).reversed() {
            let place = offset + index
            word = word << 8 | (indices.contains(place) ? UInt64(self[place]) : 0)
        }
        return word
    }
}
