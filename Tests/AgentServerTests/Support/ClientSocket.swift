import AgentConfiguration
import AgentServer
import Foundation
import Synchronization
import TestSupport

/// A client's connection, byte by byte; reads give up after some seconds.
final class ClientSocket: Sendable {
    private let descriptor: CInt

    /// - Parameter receiveBuffer: bytes that the kernel takes when nobody reads; `nil` for as many as it likes.
    init(_ address: ListenAddress, receiveBuffer: CInt? = nil) throws {
        switch address {
        case .unix(let path): descriptor = try Self.connected(unix: path)
        case .host(let host, let port): descriptor = try Self.connected(host: host, port: port)
        case .any(let port): descriptor = try Self.connected(host: "127.0.0.1", port: port)
        }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        if var receiveBuffer {
            _ = unsafe setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<CInt>.size))
        }
    }

    deinit { close(descriptor) }

    /// Sends what the other end takes; returns false when it has closed.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Waits until what is sent is refused, which says that the other end has closed; whether that came within 20 s.
    func waitUntilRefused() -> Bool { eventually(within: 20) { !send("G") } }

    /// Whether the other end has closed, or answered.
    var hasAnswer: Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT)) >= 0 || errno != EAGAIN
    }

    /// Everything up to the end of the connection; `nil` when that doesn't come in time.
    func readToEnd() -> [UInt8]? {
        var bytes: [UInt8] = []
        while let part = readSome() {
            if part.isEmpty { return bytes }
            bytes += part
        }
        return errno == ECONNRESET ? bytes : nil
    }

    /// What comes next, nothing at the end; `nil` when nothing comes in time, or an error.
    func readSome() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        return count >= 0 ? Array(buffer.prefix(count)) : nil
    }

    /// Sends a request, and reads one response; `nil` when the connection ends before that.
    func reply(to request: String = "") -> Reply? {
        send(request)
        var bytes: [UInt8] = []
        while let part = readSome(), !part.isEmpty {
            bytes += part
            guard let reply = Reply(bytes) else { continue }
            if reply.body.count >= reply.headers["content-length"].flatMap({ Int($0) }) ?? 0 { return reply }
        }
        return nil
    }

    private static func connected(host: String, port: UInt16) throws -> CInt {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0, let first = unsafe list else {
            throw ConnectionFailure(code: 0)
        }
        defer { unsafe freeaddrinfo(list) }
        let descriptor = unsafe socket(first.pointee.ai_family, first.pointee.ai_socktype, 0)
        guard unsafe connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            defer { close(descriptor) }
            throw ConnectionFailure(code: errno)
        }
        return descriptor
    }

    private static func connected(unix path: String) throws -> CInt {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(descriptor, $0, size) }
        }
        guard result == 0 else {
            defer { close(descriptor) }
            throw ConnectionFailure(code: errno)
        }
        return descriptor
    }
}

struct ConnectionFailure: Error {
    let code: CInt
}

/// Runs what blocks on a thread of its own: the server needs the ones that tasks share.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}
