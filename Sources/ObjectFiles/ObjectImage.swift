internal import Glibc
internal import SystemSupport

/// The bytes of an object file: those of an open file, or a copy of what a process has mapped.
///
/// A file is read by pread(2) and never mapped: its owner may truncate it, and a mapping would then raise SIGBUS here.
struct ObjectImage: ~Copyable, Sendable {
    private enum Storage: ~Copyable, Sendable {
        case file(OwnedDescriptor)
        case memory([UInt8])
    }

    private let storage: Storage
    /// The size in bytes when it was opened; a file may have shrunk since.
    let size: UInt64

    init(file descriptor: consuming OwnedDescriptor, size: UInt64) {
        storage = .file(descriptor)
        self.size = size
    }

    init(copy bytes: [UInt8]) {
        size = UInt64(bytes.count)
        storage = .memory(bytes)
    }

    /// Whether the file had that many bytes from `offset` when it was opened.
    func holds(_ count: UInt64, at offset: UInt64) -> Bool { offset <= size && count <= size - offset }

    /// Fills `buffer` from `offset`, and returns how many bytes there were: fewer at the end, or where reading fails.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        switch storage {
        case .file(let descriptor): unsafe Self.read(descriptor.rawValue, at: offset, into: buffer)
        case .memory(let bytes): unsafe Self.copy(bytes, from: offset, into: buffer)
        }
    }

    /// Exactly `count` bytes from `offset`; `nil` where the file doesn't hold them.
    func bytes(at offset: UInt64, count: Int) -> [UInt8]? {
        guard let wanted = UInt64(exactly: count), holds(wanted, at: offset) else { return nil }
        let bytes = bytes(upTo: count, at: offset)
        return bytes.count == count ? bytes : nil
    }

    /// At most `count` bytes from `offset`: fewer at the end, or where reading fails.
    func bytes(upTo count: Int, at offset: UInt64) -> [UInt8] {
        guard offset < size else { return [] }
        // Safe: `read` initialises the bytes that it counts.
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(min(UInt64(count), size - offset))) {
            buffer, initialized in
            initialized = unsafe read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Opens a libelf handle while `body` runs.
    func withHandle<Value>(
        path: String, _ body: (borrowing ElfHandle) throws(ObjectFileError) -> Value
    ) throws(ObjectFileError) -> Value {
        switch storage {
        case .file(let descriptor):
            return try body(try ElfHandle(descriptor: descriptor.rawValue, path: path))
        case .memory(let bytes):
            let result = unsafe bytes.withUnsafeBytes { memory -> Result<Value, ObjectFileError> in
                do throws(ObjectFileError) {
                    // Safe: the handle ends before the memory goes.
                    return .success(try body(try unsafe ElfHandle(memory: memory, path: path)))
                } catch {
                    return .failure(error)
                }
            }
            return try result.get()
        }
    }

    private static func read(
        _ descriptor: Int32, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var done = 0
        while done < buffer.count {
            guard let position = off_t(exactly: offset &+ UInt64(done)) else { break }
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            // Safe: pread writes no more than the rest of the buffer.
            let count = unsafe pread(descriptor, rest.baseAddress, rest.count, position)
            if count == -1, errno == EINTR { continue }
            guard count > 0 else { break }
            done += count
        }
        return done
    }

    private static func copy(
        _ bytes: [UInt8], from offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard let start = Int(exactly: offset), start < bytes.count else { return 0 }
        let count = min(buffer.count, bytes.count - start)
        // Safe: `count` is no more than either side holds.
        unsafe buffer.copyBytes(from: bytes[start..<start + count])
        return count
    }
}
