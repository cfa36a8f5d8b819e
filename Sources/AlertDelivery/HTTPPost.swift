import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
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

    /// The body of a 2xx response is not read: the event is delivered, however long that body is.
    ///
    /// A status about the address, and not about the document, may be fixed there: a password that has expired, a path that
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

/// The HTTP client of all destinations, with one thread of its own.
///
/// NIO's shared event loops would be as many threads as the machine has cores, which a service's limit may forbid.
struct DeliveryConnections: Sendable {
    let client: HTTPClient
    private let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init() {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // Failures come at once, and are retried by the workers, where they are counted.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Alerts are rare: a connection would mostly be dead by the next one.
        configuration.connectionPool.idleTimeout = .seconds(5)
        client = HTTPClient(eventLoopGroup: eventLoops, configuration: configuration)
    }

    /// Closes connections and ends the thread; no request may be under way.
    ///
    /// What takes longer than a moment is not waited for: AsyncHTTPClient ends a connection that is being made only when
    /// its time is over (10 s), and TLS waits for the peer's goodbye (5 s).
    func end() async {
        _ = await isOver(within: .milliseconds(100)) {
            try? await client.shutdown()
            try? await eventLoops.shutdownGracefully()
        }
    }
}
