internal import CElf

/// Bounded decompression of what ELF files carry compressed.
enum Decompression {
    /// Inflates a zlib stream to exactly `size` bytes; `nil` when it is damaged or of another size.
    static func inflate(_ input: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
        var status = Z_OK
        let output = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            var written = uLongf(size)
            unsafe input.withUnsafeBufferPointer { source in
                // Safe: zlib reads `source.count` bytes and writes at most `size`, which it counts in `written`.
                status = unsafe uncompress(buffer.baseAddress, &written, source.baseAddress, uLong(source.count))
            }
            initialized = status == Z_OK ? Int(written) : 0
        }
        return status == Z_OK && output.count == size ? output : nil
    }

    /// Decodes an xz stream; `nil` when it is damaged or gives more than `limit` bytes.
    static func decodeXZ(_ input: [UInt8], limit: Int) -> [UInt8]? {
        var capacity = min(max(input.count * 8, 1 << 16), limit)
        while true {
            let (status, output) = decodeXZ(input, capacity: capacity)
            if status == LZMA_OK { return output }
            guard status == LZMA_BUF_ERROR, capacity < limit else { return nil }
            capacity = min(capacity * 4, limit)
        }
    }

    private static func decodeXZ(_ input: [UInt8], capacity: Int) -> (lzma_ret, [UInt8]) {
        var status = LZMA_PROG_ERROR
        let output = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
            var memory = decoderMemory
            var consumed = 0
            // Safe: liblzma reads `input.count` bytes and writes at most `capacity`, which it counts in `initialized`.
            status = unsafe lzma_stream_buffer_decode(
                &memory, 0, nil, input, &consumed, input.count, buffer.baseAddress, &initialized, capacity)
        }
        return (status, output)
    }

    /// `xz -9` needs 65 MiB.
    private static let decoderMemory: UInt64 = 80 << 20
}
