/// Values laid out in bytes as C lays them out, in this machine's byte order, which is that of every file accepted.
extension Array where Element == UInt8 {
    /// The value at `offset`; `nil` where its bytes go past the end.
    func value<Value: BitwiseCopyable>(of type: Value.Type, at offset: Int) -> Value? {
        let size = MemoryLayout<Value>.size
        guard offset >= 0, count >= size, offset <= count - size else { return nil }
        return unsafe withUnsafeBytes { memory in
            // Safe: the guard left `size` bytes after `offset`, and every bit pattern is a value of the C types read.
            unsafe memory.loadUnaligned(fromByteOffset: offset, as: type)
        }
    }

    /// The bytes from `offset` up to a zero byte, the end, or `limit`.
    func string(at offset: Int, limit: Int) -> String? {
        guard offset >= 0, offset < count else { return nil }
        let end = count - offset > limit ? offset + limit : count
        return String(decoding: self[offset..<end].prefix { $0 != 0 }, as: UTF8.self)
    }
}
