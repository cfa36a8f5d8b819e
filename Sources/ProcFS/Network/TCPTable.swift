import Glibc
import SystemSupport

/// The TCP sockets of a network namespace: `net/tcp` and `net/tcp6` of a process in it, proc_pid_net(5).
package struct TCPTable: Hashable, Sendable {
    /// Without those that no descriptor refers to (`TIME_WAIT`, and connections that nobody has accepted yet).
    package let sockets: [TCPSocket]

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        scanner.skipBlanks(bytes)
        guard scanner.accept(word: "sl", bytes) else { throw .malformed(file: "net/tcp", field: "heading") }
        _ = scanner.line(bytes)
        var sockets: [TCPSocket] = []
        while !scanner.isAtEnd(of: bytes) {
            let line = bytes.extracting(scanner.line(bytes))
            if let socket = try Self.socket(line) { sockets.append(socket) }
        }
        self.sockets = sockets
    }

    private static func socket(_ line: Span<UInt8>) throws(ProcFSError) -> TCPSocket? {
        var scanner = ByteScanner()
        scanner.skipWords(2, line)
        let remote = try endpoint(&scanner, line).required("net/tcp", "rem_address")
        let state = try scanner.hexadecimal(line).flatMap(UInt8.init(exactly:)).required("net/tcp", "st")
        scanner.skipWords(5, line)
        let inode = try scanner.decimal(line).required("net/tcp", "inode")
        return inode == 0 ? nil : TCPSocket(inode: inode, state: state, remote: remote)
    }

    /// `0100007F:1F90`: the address as words in the machine's order, each of which holds network order.
    private static func endpoint(_ scanner: inout ByteScanner, _ line: Span<UInt8>) -> SocketEndpoint? {
        scanner.skipBlanks(line)
        var words: [UInt32] = []
        while scanner.peek(line) != UInt8(ascii: ":") {
            guard words.count < 4, let word = hexadecimalWord(&scanner, line) else { return nil }
            words.append(word.byteSwapped)
        }
        guard scanner.accept(UInt8(ascii: ":"), line),
            let port = scanner.hexadecimal(line).flatMap(UInt16.init(exactly:))
        else { return nil }
        switch words.count {
        case 1: return SocketEndpoint(ipv4: words[0], port: port)
        case 4:
            return SocketEndpoint(
                high: UInt64(words[0]) << 32 | UInt64(words[1]), low: UInt64(words[2]) << 32 | UInt64(words[3]),
                port: port)
        default: return nil
        }
    }

    private static func hexadecimalWord(_ scanner: inout ByteScanner, _ line: Span<UInt8>) -> UInt32? {
        guard scanner.offset + 8 <= line.count else { return nil }
        var digits = ByteScanner()
        let word = line.extracting(scanner.offset..<scanner.offset + 8)
        guard let value = digits.hexadecimal(word), digits.offset == 8 else { return nil }
        scanner = ByteScanner(at: scanner.offset + 8)
        return UInt32(exactly: value)
    }
}

extension ProcessDirectory {
    /// What a descriptor refers to.
    private enum DescriptorLink {
        case socket(inode: UInt64)
        /// Of memfd_create(2).
        case memoryFile
        /// A file without a name, which may be in memory.
        case unlinked(String)
        case other
    }

    /// Replaces `inodes` with those of the sockets that its descriptors refer to, in the order of the descriptors; returns
    /// whether files in memory are among the descriptors, too.
    ///
    /// Needs the permission to trace the process. `.tooLarge` when it has more than `limit` descriptors open.
    package func readDescriptors(sockets inodes: inout [UInt64], limit: Int) throws(ProcFSError) -> Bool {
        inodes.removeAll(keepingCapacity: true)
        var numbers: [Int32] = []
        try listDescriptors(into: &numbers)
        guard numbers.count <= limit else { throw .tooLarge(file: "fd", limit: limit) }
        let directory = try open("fd", flags: OwnedDescriptor.place)
        var hasMemoryFiles = false
        var fileSystems: MemoryFileSystems?
        for number in numbers {
            switch Self.link(number, directory) {
            case .socket(let inode): inodes.append(inode)
            case .memoryFile: hasMemoryFiles = true
            case .unlinked(let link):
                hasMemoryFiles = hasMemoryFiles || memoryFile(number, link, directory, &fileSystems) != nil
            case .other: break
            }
        }
        return hasMemoryFiles
    }

    private static let longestPath = Int(PATH_MAX)

    /// A descriptor that was closed meanwhile refers to nothing of interest.
    private static func link(_ number: Int32, _ directory: borrowing OwnedDescriptor) -> DescriptorLink {
        let place = directory.rawValue
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: longestPath) { buffer -> DescriptorLink in
            guard let start = buffer.baseAddress else { return .other }
            // Safe: readlinkat writes at most the buffer's count; only what it wrote is read, while the buffer is there.
            let count = unsafe readlinkat(place, String(number), start, buffer.count)
            guard count > 0 else { return .other }
            return unsafe link(Span(_unsafeBytes: UnsafeRawBufferPointer(start: start, count: count)))
        }
    }

    /// `socket:[12345]`, `/memfd:NAME (deleted)`, `/dev/shm/NAME (deleted)`; a long one is cut.
    private static func link(_ text: Span<UInt8>) -> DescriptorLink {
        var scanner = ByteScanner()
        if scanner.accept(word: MemoryFile.namePrefix, text) { return .memoryFile }
        if text[0] == UInt8(ascii: "/") {
            let path = String(text, 0..<text.count)
            return path.hasSuffix(DeletedSuffix.text) ? .unlinked(path) : .other
        }
        guard scanner.accept(word: "socket:[", text), let inode = scanner.decimal(text),
            scanner.accept(UInt8(ascii: "]"), text)
        else { return .other }
        return .socket(inode: inode)
    }
}
