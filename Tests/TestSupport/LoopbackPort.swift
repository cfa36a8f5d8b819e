import Foundation

/// TCP ports of 127.0.0.1.
package enum LoopbackPort {
    /// A port that nobody listened on a moment ago.
    package static func free() throws -> UInt16 {
        let (descriptor, port) = try bound()
        close(descriptor)
        return port
    }

    /// A socket that listens on a free port.
    package static func listen(backlog: CInt = 16) throws -> (descriptor: CInt, port: UInt16) {
        let (descriptor, port) = try bound()
        guard Glibc.listen(descriptor, backlog) == 0 else {
            close(descriptor)
            throw TestSupportError.cannotStart(command: "listen", errno: errno, reason: "port \(port)")
        }
        return (descriptor, port)
    }

    private static func bound() throws -> (descriptor: CInt, port: UInt16) {
        let descriptor = socket(AF_INET, CInt(bitPattern: SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withSocketAddress(of: &address) { unsafe bind(descriptor, $0, size) }
        let named = unsafe withSocketAddress(of: &address) { unsafe getsockname(descriptor, $0, &size) }
        guard bound == 0, named == 0 else {
            close(descriptor)
            throw TestSupportError.cannotStart(command: "bind", errno: errno, reason: "no free port")
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// Whether somebody accepts connections there.
    package static func answers(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, CInt(bitPattern: SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port: port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withSocketAddress(of: &address) { unsafe connect(descriptor, $0, size) } == 0
    }

    /// A socket that asks for a connection, and doesn't wait for it.
    static func beginConnecting(to port: UInt16) -> CInt {
        let descriptor = socket(AF_INET, CInt(bitPattern: SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = loopback(port: port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withSocketAddress(of: &address) { unsafe connect(descriptor, $0, size) }
        return descriptor
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func withSocketAddress<Result>(
        of address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        // Safe: sockaddr is the common head of all socket addresses.
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
        }
    }
}
