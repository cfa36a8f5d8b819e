import Glibc
import ProcFS
import SystemSupport

/// A file that is appended to, and replaced by a shorter one when it has grown.
///
/// A process that is killed meanwhile leaves behind whole lines, but for the last one.
struct JournalFile: Sendable {
    private let path: String
    private var descriptor: CInt?
    /// Bytes.
    private(set) var size = 0
    /// More than this is not read.
    private static let readable = 64 << 20

    init(path: String) { self.path = path }

    /// What is in the file; empty when there is none.
    func contents() throws(SystemCallError) -> [UInt8] {
        // A FIFO that nobody writes to must not block the agent.
        let descriptor = try Self.open(path, O_RDONLY | O_NONBLOCK)
        guard let descriptor else { return [] }
        defer { _ = Glibc.close(descriptor) }
        var status = stat()
        // Safe: the structure outlives the call.
        guard unsafe fstat(descriptor, &status) == 0 else { throw SystemCallError(call: "stat", errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemCallError(call: "read", errno: EINVAL) }
        var bytes = [UInt8](repeating: 0, count: min(max(Int(status.st_size), 0), Self.readable))
        var count = 0
        while count < bytes.count {
            // Safe: the buffer holds as many bytes from there on.
            let read = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw SystemCallError(call: "read", errno: errno) }
            guard read > 0 else { break }
            count += read
        }
        return [UInt8](bytes.prefix(count))
    }

    /// Whether it was written by this process, so that it may be appended to.
    var isOpen: Bool { descriptor != nil }

    /// After a failure it has to be replaced.
    mutating func append(_ bytes: [UInt8]) throws(SystemCallError) {
        guard let descriptor else { throw SystemCallError(call: "write", errno: EBADF) }
        if let problem = write(bytes, to: descriptor).problem {
            close()
            throw problem
        }
        size += bytes.count
    }

    /// Makes the bytes be all of the file, which stays as it was when that fails.
    mutating func replace(with bytes: [UInt8]) throws(SystemCallError) {
        close()
        let new = path + ".new"
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK
        guard let descriptor = try Self.open(new, flags) else { throw SystemCallError(call: "open", errno: ENOENT) }
        var problem = write(bytes, to: descriptor).problem
        if problem == nil, fdatasync(descriptor) != 0 { problem = SystemCallError(call: "write", errno: errno) }
        // Safe: both paths outlive the call.
        if problem == nil, unsafe rename(new, path) != 0 { problem = SystemCallError(call: "rename", errno: errno) }
        if let problem {
            _ = Glibc.close(descriptor)
            throw problem
        }
        self.descriptor = descriptor
        size = bytes.count
    }

    mutating func close() {
        if let descriptor { _ = Glibc.close(descriptor) }
        descriptor = nil
    }

    /// `nil` when there is no such file.
    private static func open(_ path: String, _ flags: CInt) throws(SystemCallError) -> CInt? {
        // Safe: the path outlives the call.
        let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC | O_NOCTTY, 0o600)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw SystemCallError(call: "open", errno: errno) }
        return descriptor
    }
}

/// Writes the bytes; what is left of them when that fails comes with the reason.
func write(_ bytes: [UInt8], to descriptor: CInt) -> (rest: Int, problem: SystemCallError?) {
    var rest = bytes[...]
    while !rest.isEmpty {
        // Safe: the buffer holds as many bytes as it says.
        let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return (rest.count, SystemCallError(call: "write", errno: errno)) }
        rest = rest.dropFirst(written)
    }
    return (0, nil)
}
