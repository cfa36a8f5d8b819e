package import ProfileModel

/// The memory of a process whose heap is read: a live one, or one that was recorded.
///
/// The process changes it meanwhile, and can have anything there.
package protocol HeapMemory {
    /// Reads up to the buffer's size at `address`; returns how many bytes there were before the first that can't be read.
    func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int

    /// The entries of `/proc/PID/pagemap` for pages of 4,096 bytes from a number on; `nil` where they can't be read.
    func pageEntries(from page: UInt64, count: Int) -> [UInt64]?
}

extension HeapMemory {
    package func pageEntries(from page: UInt64, count: Int) -> [UInt64]? { nil }
}

enum PageSize {
    static let bytes: UInt64 = 4096

    static func floor(_ address: UInt64) -> UInt64 { address & ~(bytes - 1) }
}

/// Words that were read at once, from an address on that is a multiple of 8.
struct MemoryPiece {
    private var words: ContiguousArray<UInt64>
    private(set) var start: UInt64 = 0
    private(set) var count = 0

    /// - Parameter capacity: in bytes.
    init(capacity: Int) { words = ContiguousArray(repeating: 0, count: capacity / 8) }

    var capacity: Int { words.count * 8 }
    var end: UInt64 { start &+ UInt64(count) * 8 }

    /// Reads as much as there is room for, up to a number of bytes.
    mutating func read(at address: UInt64, bytes: UInt64, from memory: any HeapMemory) {
        let size = Int(min(bytes, UInt64(capacity)))
        start = address
        count = unsafe words.withUnsafeMutableBytes { buffer in
            // Safe: the part is not larger than the array.
            unsafe memory.read(
                at: Address(rawValue: address), into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])) / 8
        }
    }

    mutating func discard() { count = 0 }

    func covers(_ range: Range<UInt64>) -> Bool { start <= range.lowerBound && range.upperBound <= end && count > 0 }

    subscript(index: Int) -> UInt64 { words[index] }

    /// The word at an address that is a multiple of 8, where it was read.
    func word(at address: UInt64) -> UInt64? {
        let distance = address &- start
        guard distance & 7 == 0, distance / 8 < UInt64(count) else { return nil }
        return words[Int(distance / 8)]
    }

    /// Combines words into a hash of their contents.
    func hash(_ seed: UInt64, _ range: Range<Int>) -> UInt64 {
        var hash = seed
        for index in range {
            hash = (hash ^ words[index]) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        return hash
    }
}

/// Reads single words, by pages that are kept until they are discarded.
struct WordReader {
    let memory: any HeapMemory
    private var pages: ContiguousArray<UInt64>
    private var tags: ContiguousArray<UInt64>
    private static let placeCount = 256
    private static let wordsPerPage = Int(PageSize.bytes / 8)

    init(_ memory: any HeapMemory) {
        self.memory = memory
        pages = ContiguousArray(repeating: 0, count: Self.placeCount * Self.wordsPerPage)
        tags = ContiguousArray(repeating: .max, count: Self.placeCount)
    }

    /// Has everything read anew.
    mutating func discard() {
        for place in tags.indices { tags[place] = .max }
    }

    /// The little-endian word at an address that is a multiple of 8; `nil` where it can't be read.
    mutating func word(at address: UInt64) -> UInt64? {
        guard address & 7 == 0 else { return nil }
        let page = address / PageSize.bytes
        let place = Int(page % UInt64(Self.placeCount))
        if tags[place] != page {
            tags[place] = .max
            let offset = place * Self.wordsPerPage
            let memory = memory
            let read = unsafe pages.withUnsafeMutableBytes { buffer in
                // Safe: each place has a page of its own.
                let slice = unsafe buffer[offset * 8..<(offset + Self.wordsPerPage) * 8]
                return unsafe memory.read(
                    at: Address(rawValue: page * PageSize.bytes), into: UnsafeMutableRawBufferPointer(rebasing: slice))
            }
            guard read == Int(PageSize.bytes) else { return nil }
            tags[place] = page
        }
        return pages[place * Self.wordsPerPage + Int(address % PageSize.bytes / 8)]
    }

    /// Up to `count` bytes at any address.
    mutating func bytes(at address: UInt64, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var place = address
        while bytes.count < count, let word = word(at: place & ~7) {
            for shift in (place & 7)..<8 where bytes.count < count {
                bytes.append(UInt8(truncatingIfNeeded: word >> (shift * 8)))
            }
            place = (place & ~7) &+ 8
        }
        return bytes
    }
}
