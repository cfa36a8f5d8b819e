import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1
import SystemSupport

/// The outermost layer: turns errors into responses, and gives each response what all have.
struct ResponseCompletion: RouterMiddleware {
    let access: WebAccess
    let failures: FailureLog

    @concurrent func handle(
        _ request: Request, context: AgentRequestContext,
        next: @concurrent (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        let identifier = RequestIdentity.identifier(for: request)
        var response = try await answer(request, context, identifier, next)
        SecurityHeaders.add(access.headers, to: &response.headers)
        response.headers[.date] = UTCTimestamp.now.httpDate
        if let name = RequestIdentity.field { response.headers[name] = identifier }
        let milliseconds = (ContinuousClock.now - began) / .milliseconds(1)
        if let name = Self.responseTime { response.headers[name] = Self.text(ofMilliseconds: milliseconds) }
        // The length of what a GET would get stays: RFC 9110, "9.3.2. HEAD".
        if request.method == .head { response = response.createHeadResponse() }
        context.logger.debug(
            "request",
            metadata: [
                "method": "\(request.method.rawValue)", "target": "\(request.head.path ?? "")",
                "status": "\(response.status.code)", "ms": "\(milliseconds)", "client": "\(context.client)",
                "id": "\(identifier)",
            ])
        return response
    }

    private func answer(
        _ request: Request, _ context: AgentRequestContext, _ identifier: String,
        _ next: @concurrent (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as APIError {
            return try error.response()
        } catch is RequestTimeout {
            return try APIError(
                status: .requestTimeout, code: "request_timeout", message: "the request did not come in time",
                closesConnection: true
            ).response()
        } catch let error as HTTPParserError {
            // Hummingbird answers it and closes the connection.
            throw error
        } catch {
            failures.report(error, request: request, identifier: identifier, logger: context.logger)
            return try APIError.internalError.response()
        }
    }

    /// Milliseconds with microseconds behind the point, as in `0.412ms`.
    private static let responseTime = HTTPField.Name("X-Response-Time")

    private static func text(ofMilliseconds milliseconds: Double) -> String {
        let microseconds = Int((milliseconds * 1000).rounded())
        let digits = String(microseconds % 1000)
        return "\(microseconds / 1000).\(String(repeating: "0", count: 3 - digits.count))\(digits)ms"
    }
}

/// The header fields that every response has; the web configuration may set more, or others.
enum SecurityHeaders {
    static let fields: HTTPFields = [
        .xContentTypeOptions: "nosniff",
        .cacheControl: "no-store",
        .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ]

    static func add(_ configured: [String: String], to headers: inout HTTPFields) {
        for field in fields where headers[field.name] == nil { headers[field.name] = field.value }
        for (name, value) in configured {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
    }
}
