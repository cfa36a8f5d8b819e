package import AgentConfiguration
import HTTPTypes
import Hummingbird
import NIOCore

/// What a client may ask for before it is refused.
package struct ServerLimits: Sendable {
    /// Connections of a listener at a time; the one that has been without a request for longest is closed for more, which
    /// wait in the kernel's queue while all have one.
    package var connections = 256
    /// Of these from one address; one more replaces the one that has been without a request for longest, and is closed
    /// when all have one.
    package var connectionsPerClient: Int
    /// Connections that wait; of more the kernel drops the requests to connect, and clients repeat them.
    package var backlog = 1024
    /// Bytes of a request's path and query.
    package var target = 4 * 1024
    /// Bytes of all fields of a request's head.
    package var head = 16 * 1024
    package var fields = 100
    package var body: Int
    package var requests: Int
    /// Requests a second from one address, 0 for no limit.
    package var rate: Double
    /// Seconds for a request to come, from the connection's beginning or its own first byte on, and for a response to
    /// be taken.
    package var seconds: Double
    /// Seconds between a response and the next request, at least `seconds`: longer than scrapers pause.
    package var idleSeconds = 120.0
    /// Seconds after which a connection ends with its next response, so that none outlives for long what TLS asks for now.
    package var ageSeconds = 600.0
    /// Bytes of bodies, each made for one request, that clients may leave unread; of more, new ones are refused.
    package var unread = 8 << 20
    /// Seconds after which a server that stops closes what is still open.
    package var grace = 0.5

    package init(_ settings: WebSettings) {
        body = settings.maximumBody
        connectionsPerClient = settings.maximumConnectionsPerAddress
        requests = settings.maximumRequests
        rate = settings.requestRate
        seconds = settings.requestTimeout
    }
}

/// Refuses what is too much: requests of a client, requests at a time, a long target, a large body.
struct RequestLimits: RouterMiddleware {
    private let limits: ServerLimits
    private let rate: RequestRate
    private let concurrency: ConcurrencyLimit

    init(_ limits: ServerLimits) {
        self.limits = limits
        rate = RequestRate(perSecond: limits.rate, burst: max(limits.rate, 1))
        concurrency = ConcurrencyLimit(maximum: limits.requests)
    }

    @concurrent func handle(
        _ request: Request, context: AgentRequestContext,
        next: @concurrent (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        guard rate.takes(context.client) else {
            throw APIError.tooManyRequests("more than \(limits.rate) requests a second from this address")
        }
        guard (request.head.path ?? "").utf8.count <= limits.target else {
            throw APIError(
                status: .uriTooLong, code: "uri_too_long",
                message: "path and query can't be longer than \(limits.target) bytes")
        }
        try await checkBody(of: request)
        do {
            return try await concurrency.run { try await next(request, context) }
        } catch is ConcurrencyLimit.Exceeded {
            throw APIError.unavailable("busy", "too many requests are being answered", retryAfter: 1)
        }
    }

    /// No route has use for a body: what is small enough is read and dropped.
    private func checkBody(of request: Request) async throws {
        if let announced = request.headers[.contentLength].flatMap(Int.init), announced > limits.body {
            throw tooLarge
        }
        var count = 0
        for try await part in request.body {
            count += part.readableBytes
            if count > limits.body { throw tooLarge }
        }
        if let announced = request.headers[.contentLength].flatMap(Int.init), count < announced {
            throw APIError(
                status: .badRequest, code: "incomplete_body", message: "the body ended before its announced length",
                closesConnection: true)
        }
    }

    private var tooLarge: APIError {
        APIError(
            status: .contentTooLarge, code: "body_too_large",
            message: "a request's body can't be larger than \(limits.body) bytes", closesConnection: true)
    }
}
