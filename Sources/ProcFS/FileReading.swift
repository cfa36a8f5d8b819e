import Glibc

extension Descriptor {
    /// The size of one read; a file of one record, such as `stat`, fits.
    private static var chunkSize: Int { 4096 }

    /// Replaces the buffer's content with the whole file, read from its start by as many reads as it takes.
    ///
    /// The buffer keeps its capacity, so that nothing is allocated once it has grown to the file's size.
    func readAll(into buffer: inout [UInt8], limit: Int, file: String) throws(ProcFSError) {
        buffer.removeAll(keepingCapacity: true)
        while true {
            let count = try appendChunk(to: &buffer, at: buffer.count, file: file)
            guard count > 0 else { return }
            guard buffer.count <= limit else { throw .tooLarge(file: file, limit: limit) }
        }
    }

    /// Replaces the buffer's content with what one read from the start of the file gives.
    ///
    /// Enough for files that the kernel makes as one record: it never splits a record that fits into the read.
    func readRecord(into buffer: inout [UInt8], file: String) throws(ProcFSError) {
        buffer.removeAll(keepingCapacity: true)
        _ = try appendChunk(to: &buffer, at: 0, file: file)
    }

    /// Replaces the buffer's content with the start of the file, at most `count` bytes.
    func readUpTo(_ count: Int, into buffer: inout [UInt8], file: String) throws(ProcFSError) {
        buffer.removeAll(keepingCapacity: true)
        while buffer.count < count, try appendChunk(to: &buffer, at: buffer.count, file: file) > 0 {}
        if buffer.count > count { buffer.removeLast(buffer.count - count) }
    }

    private func appendChunk(to buffer: inout [UInt8], at offset: Int, file: String) throws(ProcFSError) -> Int {
        let result = unsafe withUnsafeTemporaryAllocation(byteCount: Self.chunkSize, alignment: 1) { chunk in
            // Safe: pread writes at most the chunk's count, and the bytes it reports are initialised.
            let result = retryingInterrupted { unsafe pread(number, chunk.baseAddress, chunk.count, offset) }
            if case .success(let count) = result {
                unsafe buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            }
            return result
        }
        switch result {
        case .success(let count): return count
        case .failure(let error): throw ProcFSError(errno: error.errno, file: file)
        }
    }
}
