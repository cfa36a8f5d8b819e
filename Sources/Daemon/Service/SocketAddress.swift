internal import Glibc

/// The address of a UNIX-domain socket: unix(7).
struct SocketAddress: Sendable {
    private let bytes: [CChar]
    private let isAbstract: Bool

    /// `/PATH`, or `@NAME` for an abstract socket.
    init(_ text: String) throws(NotifyError) {
        isAbstract = text.hasPrefix("@")
        // sun_path has 108 bytes; a path ends in a null.
        guard isAbstract || text.hasPrefix("/"), text.utf8.count > 1, text.utf8.count < 108, !text.contains("\0") else {
            throw .unsupportedAddress(text)
        }
        bytes = text.utf8.enumerated().map { CChar(bitPattern: $0 == 0 && text.hasPrefix("@") ? 0 : $1) }
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // Safe: the text is shorter than the path, which is all zeros.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (index, byte) in bytes.enumerated() { unsafe path[index] = UInt8(bitPattern: byte) }
        }
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? MemoryLayout<sa_family_t>.size
        // The name of an abstract socket has its length, and no null at its end.
        let length = socklen_t(offset + bytes.count + (isAbstract ? 0 : 1))
        return unsafe withUnsafePointer(to: &address) { pointer in
            // Safe: every socket address begins as sockaddr does.
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }
}
