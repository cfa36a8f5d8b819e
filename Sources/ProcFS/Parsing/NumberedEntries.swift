import CLinux
import Glibc
import SystemSupport

/// Lists the entries of a directory whose names are numbers: the processes of `/proc`, the threads of a `task`, the
/// descriptors of an `fd`.
struct NumberedEntries: ~Copyable, Sendable {
    private let directory: OwnedDescriptor
    private var buffer = [UInt8](repeating: 0, count: 32 * 1024)

    /// Takes over a directory's descriptor, opened with `O_RDONLY | O_DIRECTORY`.
    init(of directory: consuming OwnedDescriptor) { self.directory = directory }

    /// Replaces `numbers` with the 32-bit numbers without leading zeros among the names, in the kernel's order.
    mutating func list(into numbers: inout [Int32], file: String) throws(ProcFSError) {
        numbers.removeAll(keepingCapacity: true)
        guard lseek(directory.rawValue, 0, SEEK_SET) == 0 else { throw ProcFSError(errno: errno, file: file) }
        while true {
            let count = try fillBuffer(file: file)
            guard count > 0 else { return }
            Self.appendNumbers(of: buffer.span.extracting(first: count), to: &numbers)
        }
    }

    /// The directory's size, by fstat(2).
    func size(file: String) throws(ProcFSError) -> Int {
        var status = Glibc.stat()
        guard unsafe fstat(directory.rawValue, &status) == 0 else { throw ProcFSError(errno: errno, file: file) }
        return Int(clamping: status.st_size)
    }

    /// The directory's hard links, by fstat(2).
    func linkCount(file: String) throws(ProcFSError) -> Int {
        var status = Glibc.stat()
        guard unsafe fstat(directory.rawValue, &status) == 0 else { throw ProcFSError(errno: errno, file: file) }
        return Int(clamping: status.st_nlink)
    }

    private mutating func fillBuffer(file: String) throws(ProcFSError) -> Int {
        let number = directory.rawValue
        let count = unsafe buffer.withUnsafeMutableBytes { memory in
            // Safe: the kernel writes at most the buffer's count.
            unsafe clinux_list_directory(number, memory.baseAddress, memory.count)
        }
        guard count >= 0 else { throw ProcFSError(errno: Int32(-count), file: file) }
        return min(count, buffer.count)
    }

    /// Walks `struct linux_dirent64` records (getdents64(2)): the record's length at 16, its name from 19.
    private static func appendNumbers(of records: Span<UInt8>, to numbers: inout [Int32]) {
        var start = 0
        while start + 19 < records.count {
            let length = Int(records[start + 16]) | Int(records[start + 17]) << 8
            guard length > 19, start + length <= records.count else { return }
            if let number = number(named: records.extracting(start + 19..<start + length)) { numbers.append(number) }
            start += length
        }
    }

    private static func number(named name: Span<UInt8>) -> Int32? {
        var scanner = ByteScanner()
        guard let first = scanner.peek(name), (0x30...0x39).contains(first),
            let number = scanner.decimal(name, as: Int32.self), scanner.accept(0, name),
            first != 0x30 || scanner.offset == 2
        else { return nil }
        return number
    }
}
