import HTTPTypes
import Hummingbird
import NIOCore

/// Refuses what is too much: requests of a client, requests at a time, a long target, a large body.
struct RequestLimits: RouterMiddleware {
    private let limits: ServerLimits
    private let rate: RequestRate
    private let slots: Slots

    init(_ limits: ServerLimits) {
        self.limits = limits
        rate = RequestRate(perSecond: limits.rate, burst: max(limits.rate, 1))
        slots = Slots(maximum: limits.requests)
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
            return try await slots.withSlot { try await next(request, context) }
        } catch is Slots.Full {
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
