/// Reads little-endian numbers from bytes, front to back; `nil` where too few are left.
struct LittleEndianInput {
    private let bytes: [UInt8]
    private var offset: Int
    private var end: Int

    /// - Parameter count: how many of the bytes are read, at most.
    init(_ bytes: [UInt8], count: Int) {
        self.bytes = bytes
        offset = 0
        end = min(max(0, count), bytes.count)
    }

    /// The bytes that were not read yet.
    var remaining: ArraySlice<UInt8> { bytes[offset..<end] }

    mutating func uint16() -> UInt16? { integer() }
    mutating func uint32() -> UInt32? { integer() }
    mutating func int32() -> Int32? { integer() }
    mutating func uint64() -> UInt64? { integer() }

    /// The next `count` bytes, to be read on their own.
    mutating func take(_ count: Int) -> LittleEndianInput? {
        guard count >= 0, count <= end - offset else { return nil }
        var part = self
        part.end = offset + count
        offset += count
        return part
    }

    /// The last `count` bytes, which are then no longer part of this input.
    mutating func takeLast(_ count: Int) -> LittleEndianInput? {
        guard count >= 0, count <= end - offset else { return nil }
        var part = self
        part.offset = end - count
        end -= count
        return part
    }

    private mutating func integer<Integer: FixedWidthInteger>() -> Integer? {
        let size = MemoryLayout<Integer>.size
        guard size <= end - offset else { return nil }
        defer { offset += size }
        return unsafe bytes.withUnsafeBytes { memory in
            // Safe: the guard left `size` bytes after `offset`.
            unsafe Integer(littleEndian: memory.loadUnaligned(fromByteOffset: offset, as: Integer.self))
        }
    }
}
