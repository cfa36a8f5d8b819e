package import Foundation
import Synchronization

/// What a client asked of an `HTTPResponder`.
package struct HTTPRequest: Sendable {
    package let method: String
    /// With the query.
    package let target: String
    /// By name in lower case; those of the same name joined by commas.
    package let headers: [String: String]
    package let body: Data
}

/// A small HTTP server in the tests' own process, on a free port of the loopback address.
///
/// It answers one request after the other, each on a connection of its own, until it goes.
package final class HTTPResponder: Sendable {
    package typealias Answer = @Sendable (HTTPRequest) -> HTTPResponse

    package let port: UInt16
    private let listener: CInt

    package init(answer: @escaping Answer) throws {
        (listener, port) = try LoopbackPort.listen()
        let listener = listener
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                if connection >= 0 {
                    HTTPConnection(descriptor: connection).serve(answer)
                } else if errno != EINTR && errno != ECONNABORTED {
                    // The listener was shut down.
                    break
                }
            }
            close(listener)
        }
    }

    /// `HOST:PORT`.
    package var address: String { "127.0.0.1:\(port)" }

    deinit { shutdown(listener, CInt(SHUT_RDWR)) }
}

private struct HTTPConnection {
    let descriptor: CInt

    func serve(_ answer: HTTPResponder.Answer) {
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        // Safe: the option's value is a timeval of this size.
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard let request = receive() else { return }
        let response = answer(request)
        var head = "HTTP/1.1 \(response.status) \(response.status == 200 ? "OK" : "Answer")\r\n"
        for (name, value) in response.headers { head += "\(name): \(value)\r\n" }
        head += "content-length: \(response.body.count)\r\nconnection: close\r\n\r\n"
        send(Data(head.utf8) + response.body)
    }

    private func receive() -> HTTPRequest? {
        var bytes = Data()
        let blankLine = Data("\r\n\r\n".utf8)
        while bytes.count < 1 << 20 {
            if let end = bytes.range(of: blankLine) {
                return request(head: bytes[..<end.lowerBound], bodySoFar: Data(bytes[end.upperBound...]))
            }
            guard let more = read() else { return nil }
            bytes += more
        }
        return nil
    }

    private func request(head: Data, bodySoFar: Data) -> HTTPRequest? {
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count == 3 else { return nil }
        let pairs = lines.dropFirst().compactMap { line -> (String, String)? in
            let pair = line.split(separator: ":", maxSplits: 1)
            return pair.count == 2 ? (pair[0].lowercased(), pair[1].trimmingCharacters(in: .whitespaces)) : nil
        }
        let headers = Dictionary(pairs) { "\($0), \($1)" }
        var body = bodySoFar
        while body.count < Int(headers["content-length"] ?? "0") ?? 0 {
            guard let more = read() else { return nil }
            body += more
        }
        return HTTPRequest(method: String(words[0]), target: String(words[1]), headers: headers, body: body)
    }

    /// `nil` at the end or after an error.
    private func read() -> Data? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // Safe: the buffer holds as many bytes as it says.
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Data(buffer[..<count]) : nil
    }

    private func send(_ bytes: Data) {
        var rest = [UInt8](bytes)[...]
        while !rest.isEmpty {
            // Safe: the pointer is valid for the bytes that it counts.
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
