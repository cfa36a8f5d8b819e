import Glibc

/// A listening TCP socket on a free port of the loopback address.
struct Listener: Sendable {
    let port: UInt16
    private let descriptor: CInt

    init() throws(SystemError) {
        let socket = try openSocket()
        var address = loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withSocketAddress(of: &address) { unsafe bind(socket, $0, size) }
        guard bound == 0 else { throw SystemError("bind") }
        guard listen(socket, 64) == 0 else { throw SystemError("listen") }
        let named = unsafe withSocketAddress(of: &address) { unsafe getsockname(socket, $0, &size) }
        guard named == 0 else { throw SystemError("getsockname") }
        port = UInt16(bigEndian: address.sin_port)
        descriptor = socket
    }

    /// Waits for a client; `nil` if accepting failed this time.
    func acceptConnection() -> Connection? {
        let accepted = accept(descriptor, nil, nil)
        return accepted == -1 ? nil : Connection(descriptor: accepted)
    }
}

/// A connected socket, closed when it goes.
struct Connection: ~Copyable {
    private let descriptor: CInt

    init(descriptor: CInt) { self.descriptor = descriptor }

    /// Connects to a port of the loopback address.
    static func open(toPort port: UInt16) throws(SystemError) -> Connection {
        let connection = Connection(descriptor: try openSocket())
        var address = loopback(port: port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withSocketAddress(of: &address) { unsafe connect(connection.descriptor, $0, size) }
        guard status == 0 else { throw SystemError("connect") }
        return connection
    }

    deinit { close(descriptor) }

    /// Reads to the end of an HTTP head, or of the stream; at most 4 KiB.
    func readHead() -> String {
        var head: [UInt8] = []
        let end: [UInt8] = [13, 10, 13, 10]
        while head.count < 4096, head.suffix(4) != end[...] {
            // Safe: read is given the buffer's own size.
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: 1024) { buffer, count in
                unsafe count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
            }
            guard !chunk.isEmpty else { break }
            head += chunk
        }
        return String(decoding: head, as: UTF8.self)
    }

    func send(_ text: String) { writeAll(text, to: descriptor) }

    /// Reads until the other side closes.
    func drain() {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        // Safe: read is given the buffer's own size.
        while unsafe buffer.withUnsafeMutableBytes({ unsafe read(descriptor, $0.baseAddress, $0.count) }) > 0 {}
    }
}

/// Writes the whole text, or as much as the other side takes.
func writeAll(_ text: String, to descriptor: CInt) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
        // Safe: write is given the slice's own size.
        let written = unsafe bytes[sent...].withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard written > 0 else { return }
        sent += written
    }
}

private func openSocket() throws(SystemError) -> CInt {
    let descriptor = socket(AF_INET, CInt(bitPattern: SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor != -1 else { throw SystemError("socket") }
    return descriptor
}

private func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

private func withSocketAddress<Result>(
    of address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
) -> Result {
    // Safe: sockaddr is the common head of all socket addresses.
    unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
    }
}
