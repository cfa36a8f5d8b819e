internal import CElf

/// Bounded decompression.
enum Decompression {
    /// Decodes an xz stream; `nil` when it is damaged, gives more than `limit` bytes or needs a larger dictionary than
    /// the usual levels do.
    static func decodeXZ(_ input: [UInt8], limit: Int) -> [UInt8]? {
        var capacity = min(max(input.count * 8, 1 << 16), limit)
        while true {
            let (status, output) = decodeXZ(input, capacity: capacity)
            if status == LZMA_OK { return output }
            guard status == LZMA_BUF_ERROR, capacity < limit else { return nil }
            capacity = min(capacity * 4, limit)
        }
    }

    /// Decodes Zstandard frames that give exactly `size` bytes; `nil` when they are damaged or give another number.
    static func decodeZstandard(_ input: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
        var result = 0
        let output = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            // Safe: libzstd reads the input's bytes, and writes at most `size`.
            result = unsafe input.withUnsafeBytes { input in
                unsafe ZSTD_decompress(buffer.baseAddress, size, input.baseAddress, input.count)
            }
            initialized = ZSTD_isError(result) == 0 ? result : 0
        }
        return output.count == size ? output : nil
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
