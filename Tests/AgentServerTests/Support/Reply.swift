import AgentConfiguration
import AgentServer
import Foundation

/// A response, parsed from what came over the wire.
struct Reply: Sendable {
    let status: Int
    /// By names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    /// Takes the first response apart; `nil` when there is none.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { return nil }
        self.status = status
        let pairs = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (parts[0].lowercased(), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        headers = Dictionary(pairs, uniquingKeysWith: { $1 })
        body = Array(bytes[end.upperBound...])
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON objects; `nil` when it is none.
    var json: [String: Any]? { (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] }

    var errorCode: String? { (json?["error"] as? [String: Any])?["code"] as? String }
}

/// Makes one request on a connection of its own.
func request(
    _ target: String, method: String = "GET", of address: ListenAddress, headers: [String: String] = [:],
    body: String? = nil
) async throws -> Reply {
    var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
    return try await exchange(head + "\r\n" + (body ?? ""), with: address)
}

/// Sends bytes, and reads what comes until the connection ends.
func exchange(_ bytes: String, with address: ListenAddress) async throws -> Reply {
    let reply = try await blocking {
        let socket = try ClientSocket(address)
        socket.send(bytes)
        return socket.readToEnd().flatMap(Reply.init)
    }
    guard let reply else { throw NoReply() }
    return reply
}

struct NoReply: Error {}
