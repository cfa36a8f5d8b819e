import Glibc
import SystemSupport

/// The TCP sockets of this process's own network namespace, asked of the kernel by sock_diag(7).
///
/// One message holds hundreds of sockets in binary, where `net/tcp` has a line of text for each.
package enum SocketDiagnosis {
    private static let netlinkSocketDiagnosis: Int32 = 4
    /// A message is a page or a few; netlink(7) recommends at least 8192 bytes.
    private static let bufferSize = 64 * 1024
    /// All states but `TIME_WAIT`, which belongs to no process.
    private static let states: UInt32 = 0xFFF & ~(1 << 6)

    /// At most `limit` sockets; `.tooLarge` when there are more.
    package static func tcpSockets(limit: Int) throws(ProcFSError) -> [TCPSocket] {
        var sockets: [TCPSocket] = []
        for family in [AF_INET, AF_INET6] {
            let channel = try open()
            try request(UInt8(family), channel)
            try receive(channel, limit: limit, into: &sockets)
        }
        return sockets
    }

    private static func open() throws(ProcFSError) -> OwnedDescriptor {
        // SOCK_RAW | SOCK_CLOEXEC, which Swift sees as an enumeration.
        let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(AF_NETLINK, type, netlinkSocketDiagnosis)
        guard number >= 0 else { throw failure() }
        let channel = OwnedDescriptor(owning: number)
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        // Safe: the structure outlives the call, which gets its size.
        unsafe setsockopt(
            channel.rawValue, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        return channel
    }

    /// `struct nlmsghdr` and `struct inet_diag_req_v2` of linux/inet_diag.h.
    private static func request(_ family: UInt8, _ channel: borrowing OwnedDescriptor) throws(ProcFSError) {
        var message = [UInt8](repeating: 0, count: 16 + 56)
        message.replace(at: 0, with: UInt32(16 + 56))
        // SOCK_DIAG_BY_FAMILY; NLM_F_REQUEST | NLM_F_DUMP.
        message[4] = 20
        message.replace(at: 6, with: UInt32(0x301))
        message[16] = family
        message[17] = UInt8(IPPROTO_TCP)
        message.replace(at: 20, with: states)
        let number = channel.rawValue
        do {
            _ = try retryingInterrupted("send") {
                // Safe: send reads the message's bytes only during the call.
                unsafe message.withUnsafeBytes { unsafe send(number, $0.baseAddress, $0.count, 0) }
            }
        } catch {
            throw ProcFSError(errno: error.errno, file: file)
        }
    }

    private static func receive(
        _ channel: borrowing OwnedDescriptor, limit: Int, into sockets: inout [TCPSocket]
    ) throws(ProcFSError) {
        var buffer = [UInt8](repeating: 0, count: bufferSize)
        let number = channel.rawValue
        while true {
            let count: Int
            do {
                count = try retryingInterrupted("recv") {
                    // Safe: recv writes at most the buffer's count.
                    unsafe buffer.withUnsafeMutableBytes { unsafe recv(number, $0.baseAddress, $0.count, 0) }
                }
            } catch {
                throw ProcFSError(errno: error.errno, file: file)
            }
            guard count > 0 else { throw Self.malformed }
            let part = try SocketMessages(parsing: buffer.span.extracting(first: min(count, buffer.count)))
            sockets += part.sockets
            guard sockets.count <= limit else { throw .tooLarge(file: file, limit: limit) }
            if part.isLast { return }
        }
    }

    fileprivate static let file = "sock_diag"

    private static func failure() -> ProcFSError { ProcFSError(errno: errno, file: file) }

    /// The kernel closes no such channel.
    private static let malformed = ProcFSError.malformed(file: file, field: "length")
}

/// What the kernel sends: netlink messages, each with one `struct inet_diag_msg`.
package struct SocketMessages: Hashable, Sendable {
    /// Without those that no descriptor refers to.
    package private(set) var sockets: [TCPSocket] = []
    /// Whether the kernel has said that it has no more.
    package private(set) var isLast = false

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var start = 0
        while start + 16 <= bytes.count {
            let length = Int(bytes.word(at: start))
            guard length >= 16, length <= bytes.count - start else { throw Self.malformed("length") }
            try read(bytes.extracting(start..<start + length))
            start += (length + 3) & ~3
        }
    }

    private mutating func read(_ message: Span<UInt8>) throws(ProcFSError) {
        switch UInt16(message[4]) | UInt16(message[5]) << 8 {
        // NLMSG_ERROR
        case 2:
            guard message.count >= 20 else { throw Self.malformed("error") }
            throw ProcFSError(errno: 0 &- Int32(bitPattern: message.word(at: 16)), file: SocketDiagnosis.file)
        // NLMSG_DONE
        case 3: isLast = true
        // SOCK_DIAG_BY_FAMILY
        case 20: try readSocket(message)
        default: break
        }
    }

    /// Offsets of `struct inet_diag_msg`, behind the header of 16 bytes.
    private mutating func readSocket(_ message: Span<UInt8>) throws(ProcFSError) {
        guard message.count >= 16 + 72 else { throw Self.malformed("socket") }
        let inode = message.word(at: 16 + 68)
        guard inode != 0 else { return }
        let port = UInt16(message[16 + 6]) << 8 | UInt16(message[16 + 7])
        let words = (0..<4).map { message.word(at: 16 + 24 + 4 * $0).byteSwapped }
        let remote =
            Int32(message[16]) == AF_INET
            ? SocketEndpoint(ipv4: words[0], port: port)
            : SocketEndpoint(
                high: UInt64(words[0]) << 32 | UInt64(words[1]), low: UInt64(words[2]) << 32 | UInt64(words[3]),
                port: port)
        sockets.append(TCPSocket(inode: UInt64(inode), state: message[17], remote: remote))
    }

    private static func malformed(_ field: String) -> ProcFSError {
        .malformed(file: SocketDiagnosis.file, field: field)
    }
}

extension Span<UInt8> {
    /// A number of four bytes in the machine's order, little-endian.
    fileprivate func word(at offset: Int) -> UInt32 {
        UInt32(self[offset]) | UInt32(self[offset + 1]) << 8 | UInt32(self[offset + 2]) << 16
            | UInt32(self[offset + 3]) << 24
    }
}

extension [UInt8] {
    fileprivate mutating func replace(at offset: Int, with word: UInt32) {
        for index in 0..<4 { self[offset + index] = UInt8(truncatingIfNeeded: word >> UInt32(8 * index)) }
    }
}
