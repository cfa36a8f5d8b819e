import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ProcFS
import SystemSupport

/// Posts JSON documents to one address.
struct HTTPPost: Sendable {
    let address: DeliveryAddress
    let userAgent: String
    /// Seconds until the answer's head must be there.
    var timeout: Double

    /// Makes one attempt; it ends within the timeout and two seconds, whatever the destination does.
    func send(_ request: DeliveryRequest, using client: HTTPClient) async -> DeliveryOutcome {
        var post = HTTPClientRequest(url: address.url)
        post.method = .POST
        post.headers.add(name: "Content-Type", value: "application/json")
        post.headers.add(name: "User-Agent", value: userAgent)
        if let key = request.idempotencyKey { post.headers.add(name: "Idempotency-Key", value: key) }
        if let authorization = address.authorization { post.headers.add(name: "Authorization", value: authorization) }
        post.body = .bytes(ByteBuffer(bytes: request.body))
        do {
            let milliseconds = Int64(min(max(timeout, 0.001), 3600) * 1000)
            let response = try await client.execute(post, timeout: .milliseconds(milliseconds))
            return await Self.outcome(of: response)
        } catch {
            return .unavailable(reason: Self.words(for: error), retryAfter: nil)
        }
    }

    /// The body of an answer that accepts is not read: what was sent is delivered, however long it goes on.
    ///
    /// What speaks of the address, and not of the document, may be mended there: a password that has run out, a path that
    /// has moved.
    private static func outcome(of response: HTTPClientResponse) async -> DeliveryOutcome {
        let status = "\(response.status.code) \(printable(String(response.status.reasonPhrase.prefix(60))))"
        let seconds = response.headers.first(name: "Retry-After").flatMap { Double($0) }
        switch response.status.code {
        case 200..<300: return .delivered
        case 300..<400:
            let remedy = "redirects are not followed; use the address it leads to"
            return .unavailable(reason: "\(status): \(remedy)", retryAfter: seconds)
        case 401...405, 407, 410, 415, 421, 451:
            return .unavailable(reason: await reason(status, response.body), retryAfter: seconds)
        case 408, 425, 429, 502...504: return .unavailable(reason: status, retryAfter: seconds)
        case 400..<500: return .refused(reason: await reason(status, response.body))
        default: return .faulty(reason: status)
        }
    }

    private static func reason(_ status: String, _ body: HTTPClientResponse.Body) async -> String {
        let said = await beginning(of: body)
        return said.isEmpty ? status : "\(status): \(said)"
    }

    /// What the body says first, within two seconds, fit for a line of a log.
    private static func beginning(of body: HTTPClientResponse.Body) async -> String {
        let limit = 300
        return await withTaskGroup(of: Data?.self) { group in
            group.addTask {
                var bytes = Data()
                do {
                    for try await part in body {
                        bytes.append(contentsOf: part.readableBytesView.prefix(limit - bytes.count))
                        if bytes.count >= limit { break }
                    }
                } catch {
                    // What came before the connection broke is shown.
                }
                return bytes
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(2))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return printable(String(decoding: first ?? Data(), as: UTF8.self))
        }
    }

    private static func words(for error: any Error) -> String {
        if let error = error as? HTTPClientError { return error.shortDescription }
        return printable(String(String(describing: error).prefix(300)))
    }
}
